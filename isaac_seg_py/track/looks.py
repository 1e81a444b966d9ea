"""What the features of an image say about how an object looks, and where that is found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ..families.sam import Embedding

Floats = npt.NDArray[np.float32]
Box = npt.NDArray[np.float64]

_TINY: Final = 1e-6
# What is farther away has to look more alike: so much at the end of the reach.
_FAR: Final = 0.1


class Looks:
    """
    The features of one image, each without what is common to all and of length 1.

    Boxes are x1, y1, x2, y2 on the network's canvas.
    """

    def __init__(self, seen: Embedding) -> None:
        """Take what the encoder made of an image: the first of its features with four axes."""
        arrays = map(np.asarray, seen.features.arrays.values())
        given = next(one for one in arrays if one.ndim == 4)[0].astype(np.float32)
        given = given - given.mean((1, 2), keepdims=True)
        self._features = given / (np.linalg.norm(given, axis=0, keepdims=True) + _TINY)
        self._grid = given.shape[1], given.shape[2]
        canvas, (top, left, bottom, right) = seen.view.canvas, seen.view.visible()
        self._cell = np.array((canvas[1] / self._grid[1], canvas[0] / self._grid[0]))
        rows, columns = np.mgrid[: self._grid[0], : self._grid[1]]
        self._x, self._y = (columns + 0.5) * self._cell[0], (rows + 0.5) * self._cell[1]
        self._is_outside = (
            (self._x < left) | (self._x > right) | (self._y < top) | (self._y > bottom)
        )

    def under(self, inside: npt.NDArray[np.bool_]) -> Floats:
        """Return how that looks which lies below a mask (h, w) over the canvas."""
        share = cv2.resize(
            inside.astype(np.float32), self._grid[::-1], interpolation=cv2.INTER_AREA
        )
        return unit(np.asarray((self._features * share).sum((1, 2)), np.float32))

    def places(self, look: Floats, box: Box, reach: float, count: int) -> Iterator[Box]:
        """Return boxes as large as one where most looks alike, up to `reach` diagonals away."""
        sides = box[2:] - box[:2]
        middle = (box[:2] + box[2:]) / 2
        likeness = np.asarray(np.tensordot(look, self._features, 1), np.float32)
        window = np.maximum(np.round(sides / self._cell), 1).astype(int)
        likeness = np.asarray(cv2.blur(likeness, (int(window[0]), int(window[1]))))
        away = np.hypot(self._x - middle[0], self._y - middle[1])
        limit = max(reach * float(np.hypot(*sides)), float(self._cell.max()))
        likeness = likeness - _FAR * away / limit
        likeness[self._is_outside | (away > limit)] = -np.inf
        for _ in range(count):
            best = int(likeness.argmax())
            if likeness.flat[best] < 0:
                return
            x, y = self._x.flat[best], self._y.flat[best]
            yield np.array((x, y, x, y)) + np.concatenate([-sides, sides]) / 2
            near = (abs(self._x - x) < sides[0] / 2) & (abs(self._y - y) < sides[1] / 2)
            likeness[near] = -np.inf
            likeness.flat[best] = -np.inf


def unit(look: Floats) -> Floats:
    """Return a look of length 1."""
    found: Floats = look / (np.float32(np.linalg.norm(look)) + np.float32(_TINY))
    return found
