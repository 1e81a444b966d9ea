"""Decide between the cells: only where the four around a pixel do not agree is anything mixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .chances import Chances
from .resample import Resampler
from .winner import Floats, run_for_highest, Winners


def mix_winners(
    winners: Winners, chances: Chances | None, resampler: Resampler
) -> tuple[npt.NDArray[Any], Floats | None]:
    """Return the class of each pixel with the highest interpolated score, and its probability."""
    labels, places = resampler.agreed(winners.labels)
    scores = None if chances is None else resampler.linear(chances.highest)
    for block, mixer in resampler.blocks(places):
        found = np.empty(places[block].size, labels.dtype)
        run_for_highest(map(mixer, winners.planes), found, np.empty(found.size, np.float32))
        labels.reshape(-1)[places[block]] = found
        if scores is not None and chances is not None:
            corners = [chances.of(found, corner) for corner in mixer.corners]
            scores.reshape(-1)[places[block]] = mixer.mix(corners)
    return labels, scores


def above(values: Floats, limit: float, resampler: Resampler) -> npt.NDArray[np.bool_]:
    """Say of each pixel whether its interpolated value is `limit` or more."""
    inside, places = resampler.agreed(values >= limit)
    for block, mixer in resampler.blocks(places):
        inside.reshape(-1)[places[block]] = mixer(values) >= limit
    return inside
