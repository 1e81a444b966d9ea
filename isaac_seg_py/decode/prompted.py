"""The coarse masks of a Segment Anything decoder: the best one grows to the size of the image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .resample import Resampler
from ..errors import TensorError
from ..geometry import Size, View
from ..polygons import bounds
from ..prompt_config import PromptConfig

Floats = npt.NDArray[np.float32]

# The mask for a clear prompt, and the three for one that is not.
_SEVERAL = 4


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


class MaskGrower:
    """Reads coarse masks, (h, w) scores over the canvas, at the pixels of images."""

    def __init__(self, config: PromptConfig) -> None:
        """Take the score above which a pixel is inside, and how far stability moves it."""
        self._threshold = config.mask_threshold
        self._offset = config.stability_offset
        self._known: tuple[View, Size, Resampler] | None = None

    def __call__(self, scores: Floats, view: View, out: npt.NDArray[np.bool_]) -> None:
        """Write the mask of one object into `out` (H, W), which is all False."""
        resampler = self._resampler(view, (scores.shape[0], scores.shape[1]))
        cells = scores[resampler.cells]
        if not np.isfinite(cells).all():
            raise TensorError('the mask is NaN or infinite; the model or its precision is broken')
        top, left, bottom, right = bounds(cells > self._threshold)
        if top == bottom:
            return
        # Only pixels with one of these cells around them can be inside.
        rows = _pixels(resampler.rows.low, resampler.rows.high, top, bottom)
        columns = _pixels(resampler.columns.low, resampler.columns.high, left, right)
        part = resampler.within(rows, columns)
        inside = part.linear(scores[part.cells]) > self._threshold
        if part.hidden is not None:
            inside[part.hidden] = False
        out[rows, columns] = inside

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


def _pixels(low: npt.NDArray[np.intp], high: npt.NDArray[np.intp], first: int, last: int) -> slice:
    """Return the pixels between cells of which one is first <= cell < last."""
    start = int(np.searchsorted(high, first, 'left'))
    return slice(start, int(np.searchsorted(low, last, 'left')))
