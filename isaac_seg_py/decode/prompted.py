"""The coarse masks of a Segment Anything decoder: the best one grows to the size of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .resample import Resampler
from ..errors import TensorError
from ..geometry import Size, View
from ..prompt_config import PromptConfig

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# The mask for a clear prompt, and the three for one that is not.
_SEVERAL: Final = 4
# More than float32 loses in the sums between cells.
_ROUNDING: Final = 1e-6


def choose(scores: Floats, ambiguous: bool, how: str = 'auto') -> list[int]:
    """
    Return which of one object's masks to take, from their predicted IoU (K,).

    Of four masks the first is the answer to a clear prompt, and the others are the whole, a part
    and a smaller part. `single` takes the first, `best` the best of the others, `all` these three;
    `auto` asks the prompt. A network that gives other numbers of masks is asked for the best.
    """
    first = 1 if len(scores) == _SEVERAL else 0
    if how == 'all':
        return list(range(first, len(scores)))
    if len(scores) == _SEVERAL and (how == 'single' or (how == 'auto' and not ambiguous)):
        return [0]
    return [first + int(np.argmax(scores[first:]))]


@dataclass(frozen=True, eq=False)
class Patch:
    """A mask of an image: `inside` (h, w) is what lies from pixel (top, left) on."""

    top: int
    left: int
    inside: Mask

    @classmethod
    def of(cls, inside: Mask, top: int = 0, left: int = 0) -> Patch:
        """Cut a mask down to what is inside, which need not be anything."""
        first, start, last, end = _bounds(inside)
        return cls(top + first, left + start, inside[first:last, start:end])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Return x1, y1, x2, y2 around the pixels."""
        height, width = self.inside.shape
        return self.left, self.top, self.left + width, self.top + height

    @property
    def is_empty(self) -> bool:
        """Say whether no pixel is inside."""
        return not self.inside.size

    def overlap(self, other: Patch) -> float:
        """Return the overlap of two masks (intersection over union)."""
        left, top, right, bottom = (
            edge(mine, its)
            for edge, mine, its in zip((max, max, min, min), self.box, other.box, strict=True)
        )
        if right <= left or bottom <= top:
            return 0.0
        mine, its = (
            one.inside[top - one.top : bottom - one.top, left - one.left : right - one.left]
            for one in (self, other)
        )
        both = int(np.count_nonzero(mine & its))
        area = sum(int(np.count_nonzero(one.inside)) for one in (self, other))
        return both / (area - both)

    def paint(self, mask: Mask) -> None:
        """Write into the (H, W) mask of an image, which is all False."""
        left, top, right, bottom = self.box
        mask[top:bottom, left:right] = self.inside


_EMPTY: Final = Patch(0, 0, np.zeros((0, 0), np.bool_))


class MaskGrower:
    """Reads coarse masks, (h, w) scores over the canvas, at the pixels of images."""

    def __init__(self, config: PromptConfig) -> None:
        """Take the score above which a pixel is inside, and how far stability moves it."""
        self._threshold = config.mask_threshold
        self._offset = config.stability_offset
        self._known: tuple[View, Size, Resampler] | None = None

    def __call__(self, scores: Floats, view: View) -> Patch:
        """Return the mask of one object at the size of the image."""
        resampler = self._resampler(view, (scores.shape[0], scores.shape[1]))
        cells = scores[resampler.cells]
        if not np.isfinite(cells).all():
            raise TensorError('the mask is NaN or infinite; the model or its precision is broken')
        # Between cells at the threshold itself the sum may be rounded up over it.
        near = self._threshold - abs(self._threshold) * _ROUNDING
        top, left, bottom, right = _bounds(cells > near)
        # Only pixels with one of these cells around them can be inside.
        rows, columns = resampler.rows.around(top, bottom), resampler.columns.around(left, right)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return _EMPTY
        inside = resampler.linear(cells, rows, columns) > self._threshold
        if resampler.hidden is not None:
            inside[resampler.hidden[rows, columns]] = False
        return Patch.of(inside, rows.start, columns.start)

    def stability(self, scores: Floats, view: View) -> float:
        """Return how little the mask changes when the threshold moves: 1 is not at all."""
        cells = scores[self._resampler(view, (scores.shape[0], scores.shape[1])).cells]
        sure = int(np.count_nonzero(cells > self._threshold + self._offset))
        perhaps = int(np.count_nonzero(cells > self._threshold - self._offset))
        return sure / perhaps if perhaps else 0.0

    def _resampler(self, view: View, grid: Size) -> Resampler:
        known = self._known
        if known is None or known[:2] != (view, grid):
            known = self._known = view, grid, Resampler.of(view, grid)
        return known[2]


def _bounds(mask: Mask) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of what is inside, all 0 where nothing is."""
    # As polygons.bounds, which is faster for large masks with little inside.
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return top, left, top + height, left + width
