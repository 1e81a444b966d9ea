"""Streams, events and graphs, over a binding that is late and strict."""

from __future__ import annotations

import gc

from isaac_seg_py.cuda import Device, DeviceArray
from isaac_seg_py.errors import BackendError
import numpy as np
import pytest
from recording_binding import RecordingBinding


def test_copies_are_done_in_order_and_not_before_they_are_waited_for(device):
    stream, buffer, other = device.stream(), device.allocate(400), device.allocate(400)
    source, result = device.pinned((100,), 'i4'), device.pinned((100,), 'i4')
    source.array[:] = np.arange(100)
    result.array.fill(-1)
    stream.copy_in(buffer, source.array)
    stream.copy(other, buffer, 400)
    stream.copy_out(result.array, other)
    assert (result.array == -1).all()
    stream.synchronize()
    assert result.array.tolist() == list(range(100))


def test_a_stream_waits_for_the_event_of_another(device):
    first, second = device.stream(), device.stream()
    buffer, written = device.allocate(4), device.event()
    result = device.pinned((4,), 'u1')
    assert written.is_done
    first.fill(buffer, 5)
    first.record(written)
    assert not written.is_done
    second.wait(written)
    second.copy_out(result.array, buffer)
    second.synchronize()
    assert result.array.tolist() == [5] * 4
    assert written.is_done


def test_copies_that_do_not_fit_are_refused(device, recorder):
    stream, buffer = device.stream(), device.allocate(8)
    for refused in (
        lambda: stream.copy_in(buffer, np.zeros(3, np.float32)),
        lambda: stream.copy_out(np.zeros(3, np.float32), buffer),
        lambda: stream.copy(buffer, buffer, 9),
        lambda: stream.copy_in(buffer, np.zeros((2, 4), np.uint8)[:, ::2]),
        lambda: stream.fill(buffer, 256),
        lambda: device.allocate(0),
    ):
        with pytest.raises(BackendError):
            refused()
    assert recorder.count('copy_in') == recorder.count('copy_out') == recorder.count('fill') == 0


def test_a_graph_replays_what_was_captured(device):
    stream, buffer = device.stream(), device.allocate(4)
    source, result = device.pinned((4,), 'u1'), device.pinned((4,), 'u1')
    with stream.capture() as capture:
        with pytest.raises(BackendError, match='not over'):
            _ = capture.graph
        stream.copy_in(buffer, source.array)
        stream.copy_out(result.array, buffer)
    result.array.fill(0)
    for value in (3, 4):
        source.array.fill(value)
        assert result.array[0] != value
        capture.graph.launch(stream)
        stream.synchronize()
        assert result.array.tolist() == [value] * 4


def test_allocating_or_waiting_breaks_a_capture_and_the_stream_works_on():
    binding = RecordingBinding()
    with Device(binding) as device:
        stream, buffer = device.stream(), device.allocate(4)
        for breaks in (lambda: device.allocate(4), stream.synchronize):
            with pytest.raises(BackendError, match='captures'), stream.capture():
                breaks()
        stream.fill(buffer, 9)
        assert DeviceArray(device, buffer, (4,), 'u1').numpy().tolist() == [205] * 4
        stream.synchronize()
        assert DeviceArray(device, buffer, (4,), 'u1').numpy().tolist() == [9] * 4
    assert len(binding.violations) == 2


def test_what_is_forgotten_during_a_capture_is_given_back_behind_it(device, recorder):
    other = device.allocate(8)
    stream, buffer = device.stream(), device.allocate(8)
    with stream.capture() as capture:
        del other
        gc.collect()
        stream.fill(buffer, 1)
        assert recorder.count('free') == 0
    assert recorder.count('free') == 1
    capture.graph.launch(stream)
    stream.synchronize()
