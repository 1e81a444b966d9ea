"""Most seams lie between two classes, and no third can win there: only these two are mixed."""

from __future__ import annotations

from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from .resample import Indices
from .seams import Seams
from .winner import Floats, Labels

# Where more squares than these have three winners, as in noise, there is little to settle.
_MOST: Final = 0.5

Truths = npt.NDArray[np.bool_]
# A number for each square, in each of its corners.
Corners = list[Floats]


def settle_pairs(planes: Floats, names: Labels, seams: Seams, labels: Labels) -> Seams:
    """
    Write the class of each pixel between two classes, and return the pixels near a third.

    `planes` (C, N) and `names` (N,) are scores and winners of the cells at the seams. Two classes
    win in the four cells of a square. A third that is below one of them in all four cannot win
    after mixing. Most are below the lowest that one of them has there, which is seen at once.
    """
    at = [names[corner] for corner in seams.corners]
    low, high = reduce(np.minimum, at), reduce(np.maximum, at)
    several = np.logical_or.reduce([(one != low) & (one != high) for one in at])
    if several.mean() > _MOST:
        return seams
    pair = [_scores(planes, which, seams) for which in (low, high)]
    bound = np.maximum(*(reduce(np.minimum, scores) for scores in pair))
    crowded = _third_near(planes, seams, pair, _by_cell(bound, seams))
    some = np.flatnonzero(crowded)
    crowded[some] = _third_inside(planes, seams, pair, some)
    lead = [second - first for first, second in zip(*pair, strict=True)]
    for places, square, mixer in seams.blocks():
        second_wins = mixer(lead, [square] * 4) > 0
        labels.reshape(-1)[places] = np.where(second_wins, high[square], low[square])
    return seams.among(crowded)


def _scores(planes: Floats, classes: Labels, seams: Seams) -> Corners:
    """Return what the class of each square has in its corners."""
    start = classes.astype(np.intp) * planes.shape[1]
    return [planes.reshape(-1).take(start + corner) for corner in seams.corners]


def _by_cell(bound: Floats, seams: Seams) -> Floats:
    """Return the lowest bound of the squares that each cell is a corner of."""
    lowest = np.full(seams.cells.size, np.inf, np.float32)
    for corner in seams.corners:
        np.minimum.at(lowest, corner, bound)
    return lowest


def _third_near(planes: Floats, seams: Seams, pair: list[Corners], bound: Floats) -> Truths:
    """Say of each square whether a class other than its two reaches the bound in a corner."""
    # A byte holds the count of fewer classes than 256, and takes far less time.
    kind = np.uint8 if len(planes) < 256 else np.uint16
    count, reaches = np.zeros(bound.size, kind), np.empty(bound.size, np.bool_)
    for plane in planes:
        np.greater_equal(plane, bound, out=reaches)
        np.add(count, reaches.view(np.uint8), out=count)
    near = np.zeros(seams.corners[0].size, np.bool_)
    for corner, first, second in zip(seams.corners, *pair, strict=True):
        limit = bound[corner]
        own = (first >= limit).view(np.uint8) + (second >= limit)
        near |= count[corner] > own
    return near


def _third_inside(planes: Floats, seams: Seams, pair: list[Corners], some: Indices) -> Truths:
    """Say of some squares whether neither of the two is above a third class in all corners."""
    corners = [corner[some] for corner in seams.corners]
    first, second = ([score[some] for score in scores] for scores in pair)
    count = np.zeros(some.size, np.intp)
    for plane in planes:
        below_first, below_second = np.ones((2, some.size), np.bool_)
        for corner, of_first, of_second in zip(corners, first, second, strict=True):
            score = plane.take(corner)
            below_first &= score < of_first
            below_second &= score < of_second
        count += ~(below_first | below_second)
    # Each of the two is highest in some corner, and so is counted.
    return np.asarray(count > 2)
