"""Graphs, streams and events on a real device; also run on pretend_driver.c."""

from __future__ import annotations

import gc
from threading import Thread

from gpu_kernel import COUNT, numbers, SCALE, Scale
from isaac_seg_py.cuda import DeviceArray
from isaac_seg_py.cuda.mirror import Mirror
from isaac_seg_py.cuda.pool import DevicePool
from isaac_seg_py.errors import BackendError
import numpy as np
import pytest

pytestmark = pytest.mark.gpu


def test_a_graph_replays_what_was_captured(gpu):
    stream, mirror = gpu.stream(), Mirror(gpu, (COUNT,), np.float32)
    kernel = gpu.module(SCALE).kernel('scale')
    with stream.capture() as capture:
        mirror.send(stream)
        kernel.launch(stream, (8,), (128,), Scale(mirror.pointer, COUNT, 2.0))
        kernel.launch(stream, (8,), (128,), Scale(mirror.pointer, COUNT, 5.0))
        mirror.bring(stream)
    mirror.array[:] = numbers()
    stream.synchronize()
    assert np.array_equal(mirror.array, numbers())
    for power in (1, 2):
        capture.graph.launch(stream)
        stream.synchronize()
        assert np.array_equal(mirror.array, numbers() * np.float32(10**power))


def test_a_broken_capture_is_an_error_and_the_stream_works_on(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4)
    for breaks in (stream.synchronize, lambda: gpu.allocate(1 << 20)):
        with pytest.raises(BackendError, match=r'failed'), stream.capture():
            stream.fill(buffer, 1)
            breaks()
    stream.fill(buffer, 7)
    stream.synchronize()
    assert DeviceArray(gpu, buffer, (4,), 'u1').numpy().tolist() == [7] * 4


def test_an_error_within_a_capture_ends_it(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4)
    with pytest.raises(KeyError), stream.capture():
        stream.fill(buffer, 1)
        raise KeyError
    with stream.capture() as capture:
        stream.fill(buffer, 3)
    capture.graph.launch(stream)
    stream.synchronize()
    assert DeviceArray(gpu, buffer, (4,), 'u1').numpy().tolist() == [3] * 4


def test_what_is_forgotten_during_a_capture_does_not_break_it(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4)
    others = [gpu.allocate(1 << 20), gpu.pinned((100,), 'u1'), gpu.event(), gpu.module(SCALE)]
    with stream.capture() as capture:
        others.clear()
        gc.collect()
        stream.fill(buffer, 4)
    capture.graph.launch(stream)
    stream.synchronize()
    assert DeviceArray(gpu, buffer, (4,), 'u1').numpy().tolist() == [4] * 4


def test_another_thread_may_allocate_during_a_capture(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4)
    with stream.capture() as capture:
        thread = Thread(target=lambda: gpu.allocate(1 << 20))
        thread.start()
        thread.join()
        stream.fill(buffer, 8)
    capture.graph.launch(stream)
    stream.synchronize()
    assert DeviceArray(gpu, buffer, (4,), 'u1').numpy().tolist() == [8] * 4


def test_a_stream_waits_for_the_event_of_another(gpu):
    large = 64 << 20
    first, second = gpu.stream(), gpu.stream()
    buffer, written = gpu.allocate(large), gpu.event(blocking=True)
    result = gpu.pinned((large,), np.uint8)
    for value in (1, 2, 3):
        for _ in range(8):
            first.fill(buffer, value)
        first.record(written)
        second.wait(written)
        second.copy_out(result.array, buffer)
        second.synchronize()
        assert written.is_done
        assert result.array.min() == result.array.max() == value


def test_events_measure(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(64 << 20)
    begin, end = gpu.event(timing=True), gpu.event(timing=True)
    stream.record(begin)
    stream.fill(buffer, 1)
    stream.record(end)
    end.synchronize()
    assert 0 < end.elapsed_ms(begin) < 1000


def test_ten_thousand_frames_leave_the_memory_as_it_was(gpu):
    stream, pool = gpu.stream(), DevicePool(gpu, limit=2)
    mirror = Mirror(gpu, (64, 64), np.float32)
    with stream.capture() as capture:
        mirror.send(stream)
        mirror.bring(stream)

    def frame():
        tensor = pool.take((64, 64), np.float32)
        stream.copy_in(tensor, mirror.array)
        capture.graph.launch(stream)
        stream.record(tensor.ready)
        tensor.ready.synchronize()

    for _ in range(10):
        frame()
    free, _ = gpu.memory()
    for _ in range(10_000):
        frame()
    assert gpu.memory()[0] == free
