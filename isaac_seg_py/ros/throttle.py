"""How often the same thing is said."""

from __future__ import annotations

import re
import time
from typing import Final

_MOST: Final = 64
_NUMBERS: Final = re.compile(r'[\d.]+')


class Throttle:
    """Lets each message through once in some seconds; messages are the same but for numbers."""

    def __init__(self, seconds: float) -> None:
        """Take the seconds."""
        self._seconds = seconds
        self._said: dict[str, float] = {}

    def allows(self, text: str) -> bool:
        """Say whether a message may be said now, and note that it is."""
        key = _NUMBERS.sub('', text)[:200]
        now = time.monotonic()
        if now - self._said.get(key, -self._seconds) < self._seconds:
            return False
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[key] = now
        return True
