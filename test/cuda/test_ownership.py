"""What is made on a device is given back, once and in order, over a binding that watches."""

from __future__ import annotations

import gc
from threading import Thread
import weakref

from isaac_seg_py.cuda import Device, DeviceArray
from isaac_seg_py.errors import BackendError
import numpy as np
import pytest
from recording_binding import RecordingBinding


def test_everything_is_given_back_before_the_context(recorder):
    with Device(recorder) as device:
        made = [device.stream(), device.event(), device.allocate(8), device.module(b'postprocess')]
        with made[0].capture() as capture:
            made[0].fill(made[2], 1)
        made.append(capture.graph)
    assert recorder.alive == {}
    order = [
        'destroy_graph',
        'unload_module',
        'free',
        'destroy_event',
        'destroy_stream',
        'release',
    ]
    assert [call for call in recorder.calls if call in order] == order


def test_closing_twice_is_harmless(device, recorder):
    for made in (device.stream(), device.event(), device.allocate(8), device.pinned((4,), 'u1')):
        made.close()
        made.close()
    device.close()
    device.close()
    assert recorder.count('release') == 1


def test_what_is_forgotten_is_given_back(device, recorder):
    device.allocate(8)
    device.stream()
    gc.collect()
    assert recorder.alive == {}


def test_a_device_that_is_forgotten_lets_its_context_go():
    binding = RecordingBinding()
    device = Device(binding)
    buffer = device.allocate(8)
    gone = weakref.ref(device)
    del device, buffer
    gc.collect()
    assert gone() is None
    assert binding.released
    assert binding.violations == []


@pytest.mark.parametrize(
    'use',
    [
        lambda device, stream, buffer: stream.fill(buffer, 0),
        lambda device, stream, buffer: stream.copy_in(buffer, np.zeros(2)),
        lambda device, stream, buffer: stream.copy_out(np.zeros(2), buffer),
        lambda device, stream, buffer: DeviceArray(device, buffer, (2,), 'f4').numpy(),
    ],
)
def test_closed_memory_cannot_be_used(device, use):
    stream, buffer = device.stream(), device.allocate(16)
    buffer.close()
    with pytest.raises(BackendError, match='DeviceBuffer is closed'):
        use(device, stream, buffer)


def test_a_closed_device_makes_nothing(recorder):
    device = Device(recorder)
    device.close()
    with pytest.raises(BackendError, match='device is closed'):
        device.allocate(8)


def test_page_locked_memory_outlives_its_device_while_an_array_shows_it(recorder):
    with Device(recorder) as device:
        pinned = device.pinned((2, 3), np.float32)
        pinned.array.fill(7)
        corner = pinned.array[1:, 2:]
        pinned.close()
        del pinned
    gc.collect()
    assert recorder.alive == {'pinned': 1}
    assert not recorder.released
    assert corner.tolist() == [[7.0]]
    del corner
    gc.collect()
    assert recorder.alive == {}
    assert recorder.released


def test_page_locked_arrays_know_whether_somebody_has_them(device):
    pinned = device.pinned((4, 4), np.uint8)
    assert pinned.is_free
    view = pinned.array[1:2].reshape(-1)
    assert not pinned.is_free
    seen = memoryview(view)
    del view
    assert not pinned.is_free
    del seen
    assert pinned.is_free


def test_no_memory_left_is_an_error_that_says_so():
    with Device(RecordingBinding(memory=100)) as device:
        with pytest.raises(BackendError, match='out of memory'):
            device.allocate(101)
        assert device.memory() == (100, 100)


def test_threads_each_make_the_context_current(device, recorder):
    results = {}

    def work(number):
        stream, buffer = device.stream(), device.allocate(64)
        result = np.zeros(64, np.uint8)
        for value in range(50):
            stream.fill(buffer, (number * 50 + value) % 256)
            stream.copy_out(result, buffer)
            stream.synchronize()
        results[number] = result.max()

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: (number * 50 + 49) % 256 for number in range(4)}
    gc.collect()
    assert recorder.alive == {}
