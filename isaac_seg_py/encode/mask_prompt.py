"""A mask that somebody drew becomes scores, as a Segment Anything decoder takes them back."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import PromptError
from ..geometry import Size, View

Floats = npt.NDArray[np.float32]

# A cell wholly on the object has this score, one wholly beside it the same below 0.
_SURE: Final = 10.0


def scores_of_mask(mask: npt.NDArray[Any], view: View, grid: Size) -> Floats:
    """
    Return scores (h, w) over the canvas: how much of each cell a mask (H, W) of the image covers.

    What lies beside the image is beside the object.
    """
    if mask.shape != view.image:
        raise PromptError(
            f'a mask of {mask.shape[1]}x{mask.shape[0]} came for an image of '
            f'{view.image[1]}x{view.image[0]}; both must have one size'
        )
    rows, columns = (_shares(view, axis, grid[axis]) for axis in (0, 1))
    covered: Floats = rows @ (mask != 0).astype(np.float32) @ columns.T
    return (2 * covered - 1) * np.float32(_SURE)


def _shares(view: View, axis: int, cells: int) -> Floats:
    """Return (cells, pixels): which share of each cell each row or column of the image fills."""
    edges = np.arange(cells + 1) * view.canvas[axis] / cells - view.offset[axis]
    edges *= view.image[axis] / view.content[axis]
    pixels = np.arange(view.image[axis])
    low, high = edges[:-1, np.newaxis], edges[1:, np.newaxis]
    filled = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    shares: Floats = (filled.clip(0) / (high - low)).astype(np.float32)
    return shares
