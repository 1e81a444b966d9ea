"""Of the masks that Segment Anything 2 gives of an object one is taken, and put in order."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ..geometry import Size, View
from ..tensors import Tensors
from ..track_config import TrackConfig

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

# Raw scores as Meta's code has them: of a mask that is given, of a filled hole, and the limit for
# a mask that is given back.
_GIVEN: Final = (20.0, -10.0)
_FILLED: Final = 0.1
_CLIPPED: Final = 32.0


def chosen(answer: Tensors, clicks: int, config: TrackConfig) -> tuple[Indices, Indices]:
    """
    Return which mask of each object to take, and which pointer, (B,) each.

    Of four masks the first is for a clear prompt. Up to one click, and where none was made, the
    best of the others is taken; else the first, or the best of the others where it is not stable.
    """
    best = 1 + np.argmax(answer['iou_predictions'][:, 1:], axis=1)
    several = clicks <= 1 if config.multimask == 'auto' else config.multimask == 'best'
    if several:
        return best, best
    stable = answer['stability'][:, 0] >= config.stability_threshold
    return np.where(stable, 0, best), np.zeros_like(best)


def given_back(coarse: Floats | None) -> Floats | None:
    """Return a coarse mask as the decoder takes it with a correction."""
    return None if coarse is None else coarse.clip(-_CLIPPED, _CLIPPED)


def on_canvas(mask: npt.NDArray[np.bool_], view: View) -> Floats:
    """Return a mask of the image on the network's canvas, 0 and 1."""
    height, width = view.content
    method = cv2.INTER_AREA if view.scale[0] < 1 and view.scale[1] < 1 else cv2.INTER_LINEAR
    shown = cv2.resize(mask.astype(np.float32), (width, height), interpolation=method)
    canvas = np.zeros(view.canvas, np.float32)
    top, left, bottom, right = view.visible()
    rows, columns = view.offset
    part = shown[top - rows : bottom - rows, left - columns : right - columns]
    canvas[top:bottom, left:right] = part >= 0.5
    return canvas


def as_scores(canvas: Floats, size: Size) -> Floats:
    """Return a mask of the canvas as raw scores of a size."""
    small = canvas
    if canvas.shape != size:
        small = np.asarray(cv2.resize(canvas, size[::-1], interpolation=cv2.INTER_AREA))
    found: Floats = small * np.float32(_GIVEN[0]) + np.float32(_GIVEN[1])
    return found


def filled(coarse: Floats, config: TrackConfig) -> Floats:
    """Return coarse masks (N, h, w) without small holes, where that is wished."""
    if not config.fill_holes:
        return coarse
    whole = coarse.copy()
    for scores in whole:
        _fill(scores, config.fill_holes, config.mask_threshold)
    return whole


def separate(masks: npt.NDArray[np.bool_], coarse: Floats, view: View) -> None:
    """Leave each pixel of masks (N, H, W) to the object with the highest coarse score there."""
    rows, columns = np.nonzero(np.count_nonzero(masks, axis=0) > 1)
    if not len(rows):
        return
    height, width = coarse.shape[1:]
    down, across = view.image_centres_on((height, width))
    cells = (
        down[rows].astype(np.intp).clip(0, height - 1),
        across[columns].astype(np.intp).clip(0, width - 1),
    )
    claims = np.where(masks[:, rows, columns], coarse[:, cells[0], cells[1]], -np.inf)
    masks[:, rows, columns] = np.arange(len(masks))[:, np.newaxis] == claims.argmax(axis=0)


def _fill(scores: Floats, area: int, threshold: float) -> None:
    """Raise the scores of holes; what touches the edge is a hole as well, as in Meta's code."""
    outside = (scores <= threshold).astype(np.uint8)
    if outside.all():
        return
    count, parts, facts, _ = cv2.connectedComponentsWithStats(outside, connectivity=8)
    small = np.zeros(count, np.bool_)
    small[1:] = facts[1:, cv2.CC_STAT_AREA] <= area
    scores[small[parts]] = threshold + _FILLED
