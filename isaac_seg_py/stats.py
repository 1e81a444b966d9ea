"""Counters and timings of one stage, safe to fill from several threads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
import threading
from typing import Final

import numpy as np

_KEPT: Final = 4096
# Some words repeat what came, which may be anything.
_LONGEST: Final = 300


@dataclass(frozen=True)
class Summary:
    """
    What a stage has done so far; times are in milliseconds, NaN where there are none.

    `words` are those that the last frame of a reason was dropped with, where there were some.
    `prompts` of what was received were no frames, but show which objects are meant.
    """

    received: int
    done: int
    dropped: dict[str, int]
    p50_ms: float
    p95_ms: float
    words: dict[str, str] = field(default_factory=dict)
    prompts: int = 0

    @property
    def frames(self) -> int:
        """Return how many frames were received."""
        return self.received - self.prompts

    @property
    def lost(self) -> int:
        """Return how many frames were dropped, for whatever reason."""
        return sum(self.dropped.values())


class StageStats:
    """Counts frames and keeps the last few thousand timings."""

    def __init__(self) -> None:
        """Start at zero."""
        self._turn = threading.Lock()
        self._seconds = np.zeros(_KEPT)
        self._received = self._prompts = 0
        self._done = 0
        self._dropped: Counter[str] = Counter()
        self._words: dict[str, str] = {}

    def receive(self, count: int = 1, *, are_prompts: bool = False) -> None:
        """Count frames that came, or prompts."""
        with self._turn:
            self._received += count
            self._prompts += count * are_prompts

    def finish(self, seconds: float) -> None:
        """Count a frame that is done, and how long it took."""
        with self._turn:
            self._seconds[self._done % _KEPT] = seconds
            self._done += 1

    def drop(self, reason: str, count: int = 1, *, words: str = '') -> None:
        """Count frames that were dropped; `words` say more of the last one."""
        with self._turn:
            self._dropped[reason] += count
            if words:
                self._words[reason] = words[:_LONGEST]

    def summary(self) -> Summary:
        """Return the figures as they are now."""
        with self._turn:
            seconds = self._seconds[: min(self._done, _KEPT)].copy()
            counts = self._received, self._done, dict(self._dropped)
            words, prompts = dict(self._words), self._prompts
        p50, p95 = np.percentile(seconds, [50, 95]) * 1e3 if seconds.size else (np.nan, np.nan)
        return Summary(*counts, float(p50), float(p95), words, prompts)
