"""Decide between the cells: only where the four around a pixel do not agree is anything mixed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .chances import Chances
from .pairs import settle_pairs
from .resample import Indices, Resampler
from .seams import bands, Seams
from .winner import Floats, Labels, Winners

# Takes the place of minus infinity, of which no part can be taken.
_LOWEST: Final = np.float32(-1e30)


def mix_winners(
    winners: Winners, chances: Chances | None, resampler: Resampler
) -> tuple[npt.NDArray[Any], Floats | None]:
    """Return the class of each pixel with the highest interpolated score, and its probability."""
    labels: npt.NDArray[Any] = resampler.first(winners.labels)
    scores = None if chances is None else resampler.linear(chances.highest)

    for band in bands(winners.planes.shape):
        seams = Seams.between(winners.labels, resampler, band)
        if not len(seams):
            continue
        planes = _at(winners.planes, seams.cells)
        rivals = settle_pairs(planes, seams, labels)
        if rivals is not None:
            rivals.settle(planes, seams, labels)
        if scores is not None and chances is not None:
            _mix_chances(chances, seams, labels, scores)
    return labels, scores


def above(values: Floats, limit: float, resampler: Resampler) -> npt.NDArray[np.bool_]:
    """Say of each pixel whether its interpolated value is `limit` or more."""
    sure = values >= limit
    inside = resampler.first(sure)
    for band in bands((1, *sure.shape)):
        seams = Seams.between(sure, resampler, band)
        cells = _at(values[np.newaxis], seams.cells)[0]
        for mixer in seams.blocks(np.arange(len(seams))):
            corners = cells.take(seams.corners.take(mixer.squares, axis=1))
            inside.reshape(-1)[mixer.places] = mixer(corners) >= limit
    return inside


def _at(planes: Floats, cells: Indices) -> Floats:
    """Return the scores (C, N) of some cells."""
    found = np.empty((len(planes), cells.size), np.float32)
    # One by one: of planes with gaps between them NumPy would first copy all. No index is out of
    # range; 'wrap' spares NumPy a copy, and takes less time than 'clip'.
    for plane, row in zip(planes, found, strict=True):
        np.take(plane.reshape(-1), cells, out=row, mode='wrap')
    if found.min(initial=0) < _LOWEST:
        np.maximum(found, _LOWEST, out=found)
    return found


def _mix_chances(chances: Chances, seams: Seams, labels: Labels, scores: Floats) -> None:
    """Write the probability of the class of each pixel."""
    for mixer in seams.blocks(np.arange(len(seams))):
        found = labels.reshape(-1)[mixer.places]
        cells = seams.cells[seams.corners.take(mixer.squares, axis=1)]
        corners = np.stack([chances.of(found, corner) for corner in cells])
        scores.reshape(-1)[mixer.places] = mixer(corners)
