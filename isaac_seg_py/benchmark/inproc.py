"""The way NVIDIA's figures go: the image is in the process already, the result stays in it."""

from __future__ import annotations

from collections import deque
import os
import queue
import threading
from typing import Any, Final

from .monitor import Monitor
from .subject import Subject
from ..images import RawImage

# One is copied or encoded while the device works on the other.
_IN_FLIGHT: Final = 2


class InProcess(Subject):
    """
    A pipeline behind a queue, with a thread that takes the images one after the other.

    The queue has no end, as ros2_benchmark's of 1000 has none in practice: nothing is dropped.
    """

    def __init__(self, pipeline: Any, image: RawImage) -> None:
        """Take a pipeline, which is closed with this, and the image to play."""
        self.monitor = Monitor()
        self.processes = {'isaac-seg': os.getpid()}
        self._pipeline = pipeline
        self._image = image
        self._in_flight = _IN_FLIGHT if hasattr(pipeline, 'submit') else 0
        self.copies = 'host to device, result to host' if self._in_flight else 'none'
        self._stamps: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self.error: Exception | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name='inproc', daemon=True)
        self._thread.start()

    def send(self, stamp_ns: int) -> None:
        """Queue the image; raise what went wrong with those before it."""
        if self.error is not None:
            raise self.error
        self._stamps.put(stamp_ns)

    def close(self) -> None:
        """Stop the thread and close the pipeline; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._stamps.put(None)
            self._thread.join()
            self._pipeline.close()

    def _run(self) -> None:
        try:
            self._work_in_flight() if self._in_flight else self._work()
        except Exception as error:
            self.error = error

    def _work(self) -> None:
        while (stamp := self._stamps.get()) is not None:
            # The result goes as soon as it is there: its buffer serves the next image.
            self._pipeline(self._image, want_scores=False)
            self.monitor.arrive(stamp)

    def _work_in_flight(self) -> None:
        waiting: deque[int] = deque()
        while (stamp := self._stamps.get()) is not None:
            self._pipeline.submit(self._image, want_scores=False)
            waiting.append(stamp)
            while waiting and (len(waiting) >= self._in_flight or self._stamps.empty()):
                self._pipeline.result()
                self.monitor.arrive(waiting.popleft())
