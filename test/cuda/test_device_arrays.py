"""Arrays on a device: among tensors, from pools, and shared with the host."""

from __future__ import annotations

import gc

from isaac_seg_py.cuda import Device, DeviceArray
from isaac_seg_py.cuda.mirror import Mirror
from isaac_seg_py.cuda.pool import DevicePool
from isaac_seg_py.errors import TensorError
from isaac_seg_py.infer.fake import FakeBackend
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest
from recording_binding import RecordingBinding


def test_an_array_stands_among_tensors(device):
    stream = device.stream()
    array = device.array((2, 3), np.float32)
    stream.copy_in(array, np.arange(6, dtype=np.float32))
    array.ready = device.event()
    stream.record(array.ready)
    tensors = Tensors({'x': array})
    TensorSpec('x', (None, 3), np.dtype('float32')).check(tensors.arrays['x'])
    with pytest.raises(TensorError, match='shape'):
        TensorSpec('x', (1, 3), np.dtype('float32')).check(tensors.arrays['x'])
    assert tensors['x'].tolist() == tensors.pick('y').tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array.reshape((3, 2)).numpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(TensorError, match='cannot be seen'):
        array.reshape((7,))
    shown = array.__cuda_array_interface__
    assert (shown['version'], shown['shape'], shown['typestr']) == (3, (2, 3), '<f4')
    assert shown['data'] == (array.pointer, False)


@pytest.mark.parametrize('takes', [False, True])
def test_a_backend_is_given_arrays_of_the_device_or_copies_as_it_likes(device, takes):
    given = []
    network = FakeBackend(
        lambda arrays: given.append(arrays['x']) or {'y': np.zeros(1)},
        inputs=[TensorSpec('x', (1, 2, 3), np.dtype('float32'))],
    )
    network.takes_device_arrays = takes
    stream, array = device.stream(), device.array((2, 3), np.float32)
    stream.fill(array, 0)
    stream.synchronize()
    network(Tensors({'any': array}))
    assert isinstance(given[0], DeviceArray if takes else np.ndarray)
    assert given[0].shape == (1, 2, 3)


def test_an_array_larger_than_its_buffer_is_refused(device):
    with pytest.raises(TensorError, match='needs 16 bytes; the buffer has 8'):
        DeviceArray(device, device.allocate(8), (4,), np.float32)


def test_a_pool_hands_memory_out_again_and_never_allocates_after_the_first_frames(
    device, recorder
):
    pool = DevicePool(device, limit=4)
    held = [pool.take((8, 8), np.float32) for _ in range(2)]
    kept = held[0].reshape((64,))
    del held
    for _ in range(1000):
        assert pool.take((8, 8), np.float32).pointer != kept.pointer
    assert recorder.count('allocate') == len(pool) == 2
    pool.take((4, 4), np.float32)
    assert len(pool) == 1
    assert kept.pointer


def test_a_pool_keeps_no_more_than_its_limit(device, recorder):
    pool = DevicePool(device, limit=2)
    held = [pool.take((4,), np.uint8) for _ in range(5)]
    assert len({array.pointer for array in held}) == 5
    del held
    gc.collect()
    assert recorder.alive == {'memory': 2, 'events': 2}


@pytest.mark.parametrize('integrated', [False, True])
def test_an_integrated_device_shares_memory_instead_of_copying(integrated):
    binding = RecordingBinding(integrated=integrated)
    with Device(binding) as device:
        stream, mirror = device.stream(), Mirror(device, (4,), np.uint8)
        mirror.send(stream)
        stream.fill(mirror, 6)
        mirror.bring(stream)
        stream.synchronize()
        assert mirror.array.tolist() == [6] * 4
        assert (mirror.pointer == mirror.array.ctypes.data) == integrated
        copies = binding.count('copy_in') + binding.count('copy_out')
        assert copies == (0 if integrated else 2)
        assert binding.count('allocate') == (0 if integrated else 1)
        mirror.close()
        mirror.close()
    assert binding.violations == []
