"""Measuring subjects that take a known time, in the time that really passes."""

from __future__ import annotations

import os
import queue
import threading
import time

from isaac_seg_py.benchmark import measure, measuring, Monitor, strict_figures, Subject
from isaac_seg_py.benchmark.inproc import InProcess
from isaac_seg_py.benchmark.measuring import warm_up
from isaac_seg_py.benchmark.playback import play
from isaac_seg_py.benchmark.plots import plot_latencies
from isaac_seg_py.benchmark.resources import cpu_seconds, resident_mb
from isaac_seg_py.errors import BackendError
from isaac_seg_py.images import RawImage
import numpy as np
import pytest

IMAGE = RawImage.from_array(np.zeros((4, 4, 3), np.uint8), 'rgb8')


class Delay(Subject):
    """Gives each result some time after it was sent, and loses every n-th."""

    copies = 'none'

    def __init__(self, seconds: float, lose_every: int = 0) -> None:
        self.monitor = Monitor()
        self.processes = {'delay': os.getpid()}
        self._seconds = seconds
        self._lose_every = lose_every
        self._sent = 0
        self._queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, stamp_ns: int) -> None:
        self._sent += 1
        if not self._lose_every or self._sent % self._lose_every:
            self._queue.put(stamp_ns)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (stamp := self._queue.get()) is not None:
            time.sleep(max(0.0, stamp / 1e9 + self._seconds - time.time()))
            self.monitor.arrive(stamp)


def test_the_latency_is_the_time_that_passed() -> None:
    with Delay(0.03) as subject:
        figures = strict_figures(measure(subject, 50, 0.5))
    assert figures['frames'] == figures['results'] == 25
    # A busy machine makes it longer, never shorter.
    assert 30 <= figures['latency_ms']['p50'] < 3000


def test_lost_images_are_counted_and_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    # So long that even on a busy machine it is seen who waits it out.
    monkeypatch.setattr(measuring, '_PATIENCE_S', 60.0)
    begin = time.monotonic()
    with Delay(0.0, lose_every=5) as subject:
        figures = strict_figures(measure(subject, 100, 0.5))
    assert figures['drop_rate'] == pytest.approx(0.2)
    assert time.monotonic() - begin < 30


def test_what_an_earlier_run_left_behind_is_not_counted() -> None:
    monitor = Monitor()
    old = time.time_ns()
    monitor.clear()
    monitor.arrive(old - 1)
    assert len(monitor) == 0
    monitor.arrive(time.time_ns())
    assert len(monitor) == 1


def test_images_are_played_at_their_rate_each_with_its_own_stamp() -> None:
    seen: list[int] = []
    begin = time.perf_counter()
    sent = play(seen.append, 20, 100)
    assert time.perf_counter() - begin >= 0.19
    assert seen == sent.stamps.tolist()
    assert len(set(seen)) == 20
    assert (sent.handed_over >= sent.stamps).all()


def test_a_sender_that_is_too_slow_sends_no_burst_afterwards() -> None:
    moments: list[float] = []

    def send(stamp_ns: int) -> None:
        moments.append(time.perf_counter())
        if len(moments) == 1:
            time.sleep(0.3)

    play(send, 10, 50)
    # Without that rule all nine others would follow at once.
    assert moments[-1] - moments[1] >= 0.1


def test_processor_time_of_another_process_is_read() -> None:
    import subprocess
    import sys

    code = 'import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); input()'
    with subprocess.Popen(
        [sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert 0.3 <= cpu_seconds(child.pid) < 5
        assert 1 < resident_mb(child.pid) < 500
        child.communicate(b'\n')
    assert cpu_seconds(os.getpid()) == pytest.approx(time.process_time(), abs=0.2)


class Failing:
    """A pipeline that cannot."""

    def __call__(self, image: RawImage, **wanted: bool) -> None:
        raise BackendError('out of memory')

    def close(self) -> None:
        """Have nothing to give back."""


def test_the_error_of_a_pipeline_is_told_instead_of_counted_as_loss() -> None:
    with InProcess(Failing(), IMAGE) as subject, pytest.raises(BackendError, match='memory'):
        warm_up(subject)


class TwoInFlight:
    """Takes images as a pipeline on a device does: submitted, then fetched, two at most."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def submit(self, image: RawImage, **wanted: bool) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        assert self.waiting <= 2

    def result(self) -> None:
        time.sleep(0.01)
        self.waiting -= 1

    def close(self) -> None:
        """Have nothing to give back."""


def test_a_device_has_two_images_in_flight_and_gives_the_last_one_too() -> None:
    pipeline = TwoInFlight()
    with InProcess(pipeline, IMAGE) as subject:
        figures = strict_figures(measure(subject, 300, 0.3))
    assert figures['results'] == figures['frames']
    assert pipeline.most == 2
    assert figures['copies'] != 'none'


def test_the_plot_shows_every_run_and_lost_images_as_a_line_that_ends() -> None:
    with Delay(0.01) as whole:
        good = measure(whole, 100, 0.3)
    with Delay(0.01, lose_every=2) as half:
        bad = measure(half, 100, 0.3)
    first = plot_latencies({'all': good}, 'x')
    second = plot_latencies({'all': bad}, 'x')
    assert first.dtype == np.uint8 and first.shape == second.shape

    def reach(picture: np.ndarray) -> int:
        """Return how far right the line goes, which is blue; the words lie left of it."""
        blue = (picture[..., 2].astype(int) - picture[..., 0] > 60).any(0)
        return int(np.nonzero(blue)[0].max())

    assert reach(second) < reach(first) - 200
