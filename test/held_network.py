"""A network that waits for the word, so that others come to wait for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
import threading
import time
from typing import Any

from isaac_seg_py.errors import BackendError
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.infer.turns import Turns
from isaac_seg_py.tensors import TensorSpec
import numpy as np

WAIT = 30.0
Given = dict[str, Any]


def given(*values: float, width: int = 2) -> Given:
    """Return inputs of a row for each value."""
    return {'x': np.repeat(np.array(values, np.float32)[:, np.newaxis], width, axis=1)}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + WAIT
    a_moment = threading.Event()
    while not condition():
        assert time.monotonic() < end, 'it did not come about'
        a_moment.wait(0.001)


class Held:
    """A network whose first run waits for the word; `runs` has the rows of every run."""

    def __init__(self, most: int = 8, axis: int | str = 'n') -> None:
        """Make it with a first axis for inputs and outputs."""
        specs = [TensorSpec(name, (axis, 'w'), np.dtype(np.float32)) for name in 'xy']
        self.network = FakeBackend(self._work, inputs=specs[:1], outputs=specs[1:])
        self.turns = Turns(self.network, most)
        self.runs: list[list[float]] = []
        self.go_on = threading.Event()
        self._threads = ThreadPoolExecutor(16)

    def ask(self, *asked: Given) -> list[Future[Any]]:
        """Ask while the network is busy with the first of them; return what will come of all."""
        jobs = []
        for count, inputs in enumerate(asked):
            jobs.append(self._threads.submit(self.turns.run, inputs))
            until(lambda count=count: len(self.runs) + len(self.turns._waiting) == count + 1)
        return jobs

    def _work(self, inputs: Any) -> Any:
        values = inputs['x'][:, 0].tolist()
        self.runs.append(values)
        if len(self.runs) == 1:
            assert self.go_on.wait(WAIT)
        if any(value < 0 for value in values):
            raise BackendError('below nothing')
        return {'y': self.answer(inputs['x'])}

    def answer(self, x: Any) -> Any:
        """Return ten times the input."""
        return 10 * x

    def close(self) -> None:
        """End the threads."""
        self.go_on.set()
        self._threads.shutdown()


def outcomes(jobs: Sequence[Future[Any]]) -> list[Any]:
    """Return the first column of each outcome, or the error."""
    return [
        str(job.exception(WAIT)) if job.exception(WAIT) else job.result()['y'][:, 0].tolist()
        for job in jobs
    ]
