"""Most seams lie between two classes, and no third can win there: only these two are mixed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .rivals import Rivals, rivals_in
from .seams import Seams
from .winner import Floats, Labels

Truths = npt.NDArray[np.bool_]


def settle_pairs(planes: Floats, seams: Seams, labels: Labels) -> Rivals | None:
    """
    Write the class of each pixel between two classes, and return the squares with more.

    `planes` (C, N) are the scores of the cells at the seams. A class that is below one of two
    winners of a square in all its corners cannot win there after mixing. Most are below the lowest
    that one of them has there, which is seen at once.
    """
    pair = [_scores(planes, which, seams) for which in (seams.low, seams.high)]
    crowded = np.zeros(len(seams), np.bool_)
    rivals = None
    if len(planes) > 2:
        bound = np.maximum(*(scores.min(0) for scores in pair))
        crowded = _third_near(planes, seams, pair, _by_cell(bound, seams))
        rivals = rivals_in(planes, seams, pair, np.flatnonzero(crowded))
        crowded[:] = False
        crowded[rivals.squares] = True
    lead = pair[1] - pair[0]
    step = seams.high - seams.low
    for mixer in seams.blocks(np.flatnonzero(~crowded)):
        some = mixer.squares
        second_wins = (mixer(lead.take(some, axis=1)) > 0).view(np.uint8)
        # Faster than a choice: there is no branch to be guessed.
        labels.reshape(-1)[mixer.places] = second_wins * step[some] + seams.low[some]
    return rivals


def _scores(planes: Floats, classes: Labels, seams: Seams) -> Floats:
    """Return what the class of each square has in its corners (4, N)."""
    places = classes.astype(np.intp) * planes.shape[1] + seams.corners
    scores: Floats = planes.reshape(-1).take(places)
    return scores


def _by_cell(bound: Floats, seams: Seams) -> Floats:
    """Return the lowest bound of the squares that each cell is a corner of."""
    lowest = np.full(seams.cells.size, np.inf, np.float32)
    for corner in seams.corners:
        np.minimum.at(lowest, corner, bound)
    return lowest


def _third_near(planes: Floats, seams: Seams, pair: list[Floats], bound: Floats) -> Truths:
    """Say of each square whether a class other than its two reaches the bound in a corner."""
    # A byte holds the count of fewer classes than 256, and takes far less time.
    kind = np.uint8 if len(planes) < 256 else np.uint16
    count, reaches = np.zeros(bound.size, kind), np.empty(bound.size, np.bool_)
    for plane in planes:
        np.greater_equal(plane, bound, out=reaches)
        np.add(count, reaches.view(np.uint8), out=count)
    near = np.zeros(len(seams), np.bool_)
    for corner, first, second in zip(seams.corners, *pair, strict=True):
        limit = bound[corner]
        own = (first >= limit).view(np.uint8) + (second >= limit)
        near |= count[corner] > own
    return near
