"""What brings arrays to a device without waiting, and the memory that they come to."""

from __future__ import annotations

from isaac_seg_py.cuda import Room, Sender, Stretch
from isaac_seg_py.errors import TensorError
import numpy as np
import pytest


@pytest.mark.parametrize('envelopes', [1, 3])
def test_arrays_that_follow_each_other_do_not_disturb_each_other(any_device, envelopes):
    stream, sender = any_device.stream(), Sender(any_device, envelopes)
    # Growing would wait: the largest comes first.
    given = [np.full((9 - number // 2, 3), number, np.float32) for number in range(1, 9)]
    targets = [any_device.array(array.shape, array.dtype) for array in given]
    for array, target in zip(given, targets, strict=True):
        sender.send(stream, array, target)
        # It is the sender's no longer.
        array[:] = -1
    stream.synchronize()
    for number, target in enumerate(targets, 1):
        assert (target.numpy() == number).all()
    sender.close()


def test_a_room_grows_and_never_shrinks(device, recorder):
    room = Room(device)
    first = room.array((4,), np.float32, at_least=64)
    assert room.array((16,), np.float32).pointer == room.array((2,), np.uint8).pointer
    assert first.pointer == room.array((4, 4), np.float32).pointer
    assert recorder.count('allocate') == 1
    large = room.array((17,), np.float32)
    assert recorder.count('allocate') == 2
    del first
    assert recorder.alive['memory'] == 1
    assert room.array((1,), np.uint8).pointer == large.pointer


def test_a_part_of_an_array_is_its_memory(any_device):
    stream, array = any_device.stream(), any_device.array((3, 2), np.int32)
    stream.copy_in(array, np.arange(6, dtype=np.int32))
    stream.synchronize()
    assert [array.part(index).numpy().tolist() for index in range(3)] == [[0, 1], [2, 3], [4, 5]]
    for offset, nbytes in ((-1, 4), (0, 25), (24, 1)):
        with pytest.raises(TensorError, match='there are 24'):
            Stretch(array, offset, nbytes)
