"""What TensorRT says while it works: errors for exceptions, the rest for Python's logging."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from dataclasses import dataclass, field
import logging
import threading
from typing import Any, Final

LOG: Final = logging.getLogger('isaac_seg_py.tensorrt')
# The library numbers its severities from 0, an internal error, to 4, verbose.
_LEVELS: Final = (logging.ERROR, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
_KEPT_LINES: Final = 2000


@dataclass
class Heard:
    """What the library said during one piece of work."""

    errors: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def reason(self) -> str:
        """Return the first error, which is the cause of the others."""
        return ' '.join(self.errors[0].split()) if self.errors else 'it gave no reason'


class LibraryLog:
    """
    The one logger of a TensorRT library.

    Builder, parser and runtime of a process share one logger, as the library wants it. While
    somebody listens, errors are kept for the exception that will be raised, and not printed too.
    """

    def __init__(self, module: Any) -> None:
        """Make the logger of a library; `module` is the imported library."""
        self._heard: list[Heard] = []
        self._lock = threading.Lock()
        take = self._take

        class Logger(module.ILogger):  # type: ignore[misc]  # the library is known when it runs
            def __init__(self) -> None:
                module.ILogger.__init__(self)

            def log(self, severity: Any, message: str) -> None:
                # An exception that leaves this call would end the process.
                with contextlib.suppress(Exception):
                    take(int(severity), message)

        self.handle = Logger()

    @contextlib.contextmanager
    def listening(self) -> Iterator[Heard]:
        """Keep what is said from now to the end of the block."""
        heard = Heard()
        with self._lock:
            self._heard.append(heard)
        try:
            yield heard
        finally:
            with self._lock:
                # By identity: two that heard the same are equal.
                self._heard = [other for other in self._heard if other is not heard]

    def _take(self, severity: int, message: str) -> None:
        level = _LEVELS[min(max(severity, 0), len(_LEVELS) - 1)]
        with self._lock:
            for heard in self._heard:
                if level == logging.ERROR:
                    heard.errors.append(message)
                elif level == logging.INFO and len(heard.lines) < _KEPT_LINES:
                    heard.lines.append(message)
            silent = bool(self._heard) and level == logging.ERROR
        # The library's INFO is for those who look for a fault in it.
        LOG.log(logging.DEBUG if silent or level == logging.INFO else level, '%s', message)
