"""End work between two steps when somebody asks for it."""

from __future__ import annotations

import signal
import threading
from typing import Any, Final

from ..closing import Closing

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping(Closing):
    """
    Says whether Ctrl-C came, which then ends nothing by itself: a file is finished first.

    A second Ctrl-C ends the process as always.
    """

    def __init__(self) -> None:
        """Listen from here on, in the main thread, where signals arrive."""
        self.signal = 0
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._came) for one in _SIGNALS}

    def __call__(self) -> bool:
        """Say whether to stop."""
        return self.signal != 0

    def close(self) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _came(self, number: int, frame: Any) -> None:
        self.signal = number
        self.close()
