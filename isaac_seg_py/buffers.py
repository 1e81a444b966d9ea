"""Arrays that are used again once nobody holds them."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class BufferPool:
    """
    Hands out arrays of one shape and type, and takes nothing back: whoever is done lets go.

    An array is free again when only the pool refers to it. A view, a memoryview or a tensor of it
    counts as well, so what someone still holds is never overwritten. At most `limit` arrays are
    kept; where more are in use at once, the rest are ordinary arrays that vanish when they are let
    go. Asking for another shape or type forgets all the old ones.
    """

    def __init__(self, limit: int) -> None:
        """Make an empty pool that keeps up to `limit` arrays."""
        self._limit = limit
        self._kept: list[Array] = []
        self._lock = Lock()

    def __len__(self) -> int:
        """Return the number of arrays that the pool keeps, free or in use."""
        return len(self._kept)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return an array that nobody else refers to; its contents are undefined."""
        wanted = np.dtype(dtype)
        with self._lock:
            if self._kept and (self._kept[0].shape != shape or self._kept[0].dtype != wanted):
                self._kept.clear()
            for index in range(len(self._kept)):
                if is_free(self._kept, index):
                    return self._kept[index]
            # The array must own its memory: numpy makes the base of a view the owner, and only
            # so does a view count as a reference to the array in the list.
            array = np.empty(shape, wanted)
            if len(self._kept) < self._limit:
                self._kept.append(array)
            return array


def is_free(things: Sequence[object], index: int) -> bool:
    """Say whether nobody but the sequence refers to the thing at that place."""
    return _references(things, index) == _FREE


def _references(things: Sequence[object], index: int) -> int:
    """Count the references to a thing; how many are Python's own depends on its version."""
    return sys.getrefcount(things[index])


_FREE: Final = _references([np.empty(0)], 0)
