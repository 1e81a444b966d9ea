"""How far TensorRT is with building an engine, as one number, and how to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import threading
from typing import Any

OnProgress = Callable[[float, str], None]
"""Takes the part that is done, 0 to 1, and the name of the phase."""


@dataclass
class _Phase:
    steps: int
    children: dict[str, _Phase] = field(default_factory=dict)
    done: int = 0

    def part(self) -> float:
        """Return how much is done; the step at work counts as far as its phases are."""
        at_work = max((child.part() for child in self.children.values()), default=0.0)
        return min(1.0, (self.done + at_work) / self.steps)


class BuildProgress:
    """
    Follows the phases of a build, which lie in each other.

    The library calls from several threads. What a callback raises must not go through the library:
    it stops the build, and `finish` raises it.
    """

    def __init__(
        self, module: Any, on_progress: OnProgress | None, cancel: threading.Event | None
    ) -> None:
        """Take the imported library, whom to tell, and the event that stops the build."""
        self._on_progress = on_progress
        self._cancel = cancel
        self._lock = threading.Lock()
        self._roots: dict[str, _Phase] = {}
        self._open: dict[str, tuple[_Phase, dict[str, _Phase]]] = {}
        self._furthest = 0.0
        self._error: BaseException | None = None
        self.cancelled = False
        follow = self

        class Monitor(module.IProgressMonitor):  # type: ignore[misc]  # known when it runs
            def __init__(self) -> None:
                module.IProgressMonitor.__init__(self)

            def phase_start(self, name: str, parent: str | None, steps: int) -> None:
                follow._start(name, parent, steps)

            def step_complete(self, name: str, step: int) -> bool:
                return follow._step(name, step)

            def phase_finish(self, name: str) -> None:
                follow._finish(name)

        self.handle = Monitor()

    def finish(self) -> None:
        """Raise what a callback raised."""
        if self._error is not None:
            raise self._error

    def _start(self, name: str, parent: str | None, steps: int) -> None:
        with self._lock:
            siblings = self._open[parent][0].children if parent in self._open else self._roots
            phase = siblings[name] = _Phase(max(1, steps))
            self._open[name] = (phase, siblings)

    def _step(self, name: str, step: int) -> bool:
        with self._lock:
            if name in self._open:
                phase = self._open[name][0]
                phase.done = step + 1
                phase.children.clear()
            part = max((root.part() for root in self._roots.values()), default=0.0)
            self._furthest = part = max(part, self._furthest)
        try:
            if self._on_progress is not None:
                self._on_progress(part, name)
        except BaseException as error:  # Ctrl-C comes here too, when the main thread builds
            self._error = error
        if self._cancel is not None and self._cancel.is_set():
            self.cancelled = True
        return self._error is None and not self.cancelled

    def _finish(self, name: str) -> None:
        with self._lock:
            self._open.pop(name, None)
