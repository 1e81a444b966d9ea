"""Where an object is in a frame, and how well a box fits it."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
import numpy.typing as npt

from .roster import Followed
from ..decode.boxes import overlaps, pixels_inside, to_image
from ..geometry import View
from ..polygons import bounds

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Place:
    """
    An object, the boxes that may stand for it in a frame, and its mask on the network's grid.

    A few cells that stray blow up the box around a mask, so that around its largest part is there
    as well. An object that is not seen has the box in which it was last seen, and no mask.
    """

    one: Followed
    boxes: Floats
    cells: Mask | None = None
    view: View | None = None

    @classmethod
    def seen(cls, one: Followed, cells: Mask, view: View) -> Place:
        """Return the place of an object with a mask (h, w) over the canvas."""
        if not cells.any():
            return cls.unseen(one)
        found = [bounds(cells)]
        count, parts, facts, _ = cv2.connectedComponentsWithStats(cells.view(np.uint8))
        if count > 2:
            found.append(bounds(parts == 1 + facts[1:, cv2.CC_STAT_AREA].argmax()))
        sides = [(left, top, right, bottom) for top, left, bottom, right in found]
        boxes = (np.array(sides) / _per_pixel(cells, view)).astype(np.float32)
        return cls(one, to_image(boxes, view), cells, view)

    @classmethod
    def unseen(cls, one: Followed) -> Place:
        """Return where an object was last seen, which need not be anywhere."""
        return cls(one, np.zeros((0, 4), np.float32) if one.box is None else one.box[np.newaxis])

    def fit(self, box: Floats) -> float:
        """Return how much of a box and of the object are the same, 0 to 1."""
        best = float(overlaps(box, self.boxes).max(initial=0))
        if self.cells is None or self.view is None:
            return best
        # A mask that spills over into another object still lies below the box with most of itself.
        on_grid = self.view.boxes_to_canvas(box) * _per_pixel(self.cells, self.view)
        size = self.cells.shape[0], self.cells.shape[1]
        inside = self.cells[pixels_inside(on_grid.astype(np.float32), size)]
        both = int(np.count_nonzero(inside))
        return max(best, both / (inside.size + int(np.count_nonzero(self.cells)) - both))


def on_image(cells: Floats, view: View) -> Floats:
    """Return the part of (h, w) cells over the canvas that lies on the image."""
    down, across = cells.shape[0] / view.canvas[0], cells.shape[1] / view.canvas[1]
    top, left, bottom, right = view.visible()
    rows = slice(int(top * down), math.ceil(bottom * down))
    return cells[rows, int(left * across) : math.ceil(right * across)]


def _per_pixel(cells: Mask, view: View) -> npt.NDArray[np.float64]:
    """Return how many cells there are to a pixel of the canvas, for x1, y1, x2, y2."""
    across, down = cells.shape[1] / view.canvas[1], cells.shape[0] / view.canvas[0]
    return np.array((across, down, across, down))
