"""Of boxes that overlap, the best one stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .boxes import Floats, overlaps

Indices = npt.NDArray[np.intp]


def suppress(
    boxes: Floats, scores: Floats, classes: npt.NDArray[np.int64] | None, limit: float, most: int
) -> Indices:
    """
    Return which of (N, 4) boxes stay, at most `most`, the highest score first.

    A box goes when a better one of its class that stays overlaps with it by more than `limit`
    (intersection over union); without classes, any better one. Of equal scores the first is
    better, so that the same boxes always stay.
    """
    waiting = np.argsort(-scores, kind='stable')
    kept: list[int] = []
    while waiting.size and len(kept) < most:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        if not waiting.size:
            break
        stays = overlaps(boxes[best], boxes[waiting]) <= limit
        if classes is not None:
            stays |= classes[waiting] != classes[best]
        waiting = waiting[stays]
    return np.array(kept, np.intp)
