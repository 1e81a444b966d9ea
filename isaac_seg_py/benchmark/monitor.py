"""Monitor: when each result came."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]


class Monitor:
    """Notes the stamp of each result and when it came, from any thread."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._came: list[tuple[int, int]] = []
        self._from_ns = 0

    def arrive(self, stamp_ns: int) -> None:
        """Note a result now; those of images from before `clear` are nobody's any more."""
        if stamp_ns >= self._from_ns:
            self._came.append((stamp_ns, time.time_ns()))

    def __len__(self) -> int:
        """Return how many results have come."""
        return len(self._came)

    def clear(self) -> None:
        """Forget what has come, and what is on its way."""
        self._from_ns = time.time_ns()
        self._came = []

    def rows(self) -> Times:
        """Return rows of (stamp, arrival), in order of arrival."""
        return np.array(self._came, np.int64).reshape(-1, 2)
