"""Decide between the cells: only where the four around a pixel do not agree is anything mixed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .chances import Chances
from .pairs import settle_pairs
from .resample import Indices, Resampler
from .seams import bands, Seams
from .winner import Floats, Labels, run_for_highest, Winners

# Takes the place of minus infinity, of which no part can be taken.
_LOWEST: Final = np.float32(-1e30)


def mix_winners(
    winners: Winners, chances: Chances | None, resampler: Resampler
) -> tuple[npt.NDArray[Any], Floats | None]:
    """Return the class of each pixel with the highest interpolated score, and its probability."""
    labels: npt.NDArray[Any] = resampler.first(winners.labels)
    scores = None if chances is None else resampler.linear(chances.highest)

    for band in bands(winners.labels, resampler):
        seams = Seams.between(winners.labels, resampler, band)
        if not seams.rows.size:
            continue
        planes = _at(winners.planes, seams.cells)
        names = winners.labels.reshape(-1)[seams.cells]
        _run(planes, settle_pairs(planes, names, seams, labels), labels)
        if scores is not None and chances is not None:
            _mix_chances(chances, seams, labels, scores)
    return labels, scores


def above(values: Floats, limit: float, resampler: Resampler) -> npt.NDArray[np.bool_]:
    """Say of each pixel whether its interpolated value is `limit` or more."""
    sure = values >= limit
    inside = resampler.first(sure)
    for band in bands(sure, resampler):
        seams = Seams.between(sure, resampler, band)
        if not seams.rows.size:
            continue
        cells = _at(values[np.newaxis], seams.cells)[0]
        for places, square, mixer in seams.blocks():
            corners = [corner[square] for corner in seams.corners]
            inside.reshape(-1)[places] = mixer([cells] * 4, corners) >= limit
    return inside


def _at(planes: Floats, cells: Indices) -> Floats:
    """Return the scores (C, N) of some cells."""
    found = np.empty((len(planes), cells.size), np.float32)
    # One by one: of planes with gaps between them NumPy would first copy all.
    for plane, row in zip(planes, found, strict=True):
        np.take(plane.reshape(-1), cells, out=row, mode='clip')
    if found.min() < _LOWEST:
        np.maximum(found, _LOWEST, out=found)
    return found


def _run(planes: Floats, seams: Seams, labels: Labels) -> None:
    """Write the class of each pixel, after mixing every one."""
    for places, square, mixer in seams.blocks():
        corners = [corner[square] for corner in seams.corners]
        found = np.empty(places.size, labels.dtype)
        mixed = (mixer([plane] * 4, corners) for plane in planes)
        run_for_highest(mixed, found, np.empty(found.size, np.float32))
        labels.reshape(-1)[places] = found


def _mix_chances(chances: Chances, seams: Seams, labels: Labels, scores: Floats) -> None:
    """Write the probability of the class of each pixel."""
    for places, square, mixer in seams.blocks():
        found = labels.reshape(-1)[places]
        corners = [chances.of(found, seams.cells[corner[square]]) for corner in seams.corners]
        scores.reshape(-1)[places] = mixer.mix(corners)
