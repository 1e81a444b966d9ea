"""Squares between cells in which more than two classes may win."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .resample import Indices
from .seams import Seams
from .winner import Floats, Labels, run_for_highest

# Scores that are looked at at once: they stay in the cache of a small processor.
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, eq=False)
class Rivals:
    """
    Some squares, and the classes that may win in each.

    `classes` is (most, N), rising in each square. Where there are fewer, the first stands again:
    it is never above itself.
    """

    squares: Indices
    classes: Indices

    def settle(self, planes: Floats, seams: Seams, labels: Labels) -> None:
        """Write the class of each pixel, after mixing those that may win."""
        number = np.empty(len(seams), np.intp)
        number[self.squares] = np.arange(self.squares.size)
        flat, count = planes.reshape(-1), planes.shape[1]
        for mixer in seams.blocks(self.squares):
            classes = self.classes[:, number[mixer.squares]]
            corners = seams.corners.take(mixer.squares, axis=1)
            rows = (mixer(flat.take(start + corners)) for start in classes * count)
            found = np.empty(mixer.places.shape, np.min_scalar_type(len(classes)))
            run_for_highest(rows, found, np.empty(found.shape, np.float32))
            each = np.arange(mixer.squares.size)
            labels.reshape(-1)[mixer.places] = classes[found, each]


def rivals_in(planes: Floats, seams: Seams, pair: Sequence[Floats], squares: Indices) -> Rivals:
    """Find those squares in which more classes may win than the two whose scores came."""
    may_win = np.empty((len(planes), squares.size), np.bool_)
    step = max(_BLOCK // len(planes), 1)
    for start in range(0, squares.size, step):
        some = squares[start : start + step]
        # Each of the two is highest in some corner, and so stays.
        below = np.ones((2, len(planes), some.size), np.bool_)
        for corner, *both in zip(seams.corners, *pair, strict=True):
            scores = planes.take(corner[some], axis=1)
            for which, score in zip(below, both, strict=True):
                which &= scores < score[some]
        np.logical_not(below[0] | below[1], out=may_win[:, start : start + step])
    count = np.count_nonzero(may_win, axis=0)
    # Those with equally many stand together, so that few stand again.
    order = np.argsort(count, kind='stable')
    order = order[np.searchsorted(count[order], 3) :]
    return Rivals(squares[order], _listed(may_win[:, order].T))


def _listed(may_win: npt.NDArray[np.bool_]) -> Indices:
    """Return the (most, N) numbers of the columns that are true in each row."""
    square, which = np.nonzero(may_win)
    count = np.bincount(square, minlength=len(may_win))
    first = np.cumsum(count) - count
    listed = np.empty((count.max(initial=0), len(may_win)), np.intp)
    listed[:] = which[first]
    listed[np.arange(square.size) - first[square], square] = which
    return listed
