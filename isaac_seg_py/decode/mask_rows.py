"""What Segment Anything gave in a list of tensors: a row of scores for each prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .prompted import choose, MaskGrower, Patch
from ..errors import TensorError
from ..geometry import Size, View
from ..tensors import Array, describe, Tensors

Floats = npt.NDArray[np.float32]
# What all exports call the masks that cover the canvas.
_LOW_RES: Final = 'low_res'
_STRIDE: Final = 4


@dataclass(frozen=True, eq=False)
class MaskRows:
    """
    The masks of some prompts of one image, in their order.

    `scores` are N times (h, w), over the canvas of the view; `ratings` are N predicted IoU, None
    where the network gave none.
    """

    scores: tuple[npt.NDArray[Any], ...]
    ratings: Floats | None
    view: View

    def __len__(self) -> int:
        """Return the number of prompts."""
        return len(self.scores)

    def patches(self, grow: MaskGrower, threshold: float) -> list[Patch]:
        """Return the masks at the size of the image."""
        if any(row.shape != self.view.image for row in self.scores):
            return [grow(row.astype(np.float32, copy=False), self.view) for row in self.scores]
        # A score for each pixel needs nothing between them.
        for row in self.scores:
            if not np.isfinite(row).all():
                raise TensorError(
                    'the mask is NaN or infinite; the model or its precision is broken'
                )
        return [Patch.of(row > threshold) for row in self.scores]


def read_rows(tensors: Tensors, name: str, size: Size | None) -> MaskRows:
    """
    Return the masks of a tensor of that name, or of the one that serves best.

    `size` is (height, width) of the image where no view came and it is known all the same.
    """
    name = name or _masks_among(tensors, knows_size=bool(tensors.view or size))
    masks = tensors[name]
    if masks.ndim != 4 or 0 in masks.shape[1:] or masks.dtype.kind not in 'fiub':
        raise TensorError(
            f'tensor {name!r} is {masks.dtype} {describe(masks.shape)}; scores [N, masks, height, '
            'width] are expected. Set tensor_name to the one that has them'
        )
    rated = _ratings(tensors, masks.shape[:2])
    if rated is None:
        taken, ratings = [0] * len(masks), None
    else:
        taken = [choose(row, ambiguous=False)[0] for row in rated]
        ratings = rated[np.arange(len(taken)), taken].astype(np.float32)
    return MaskRows(
        tuple(masks[row, which] for row, which in enumerate(taken)),
        ratings,
        _view_of(name, (masks.shape[2], masks.shape[3]), tensors.view, size),
    )


def _masks_among(tensors: Tensors, *, knows_size: bool) -> str:
    maps = [name for name, array in tensors.arrays.items() if array.ndim == 4]
    if not maps:
        raise TensorError(
            f'tensors {", ".join(map(repr, tensors))} came; none has four axes, as masks have. Is '
            'it the output of Segment Anything?'
        )
    # The sort is stable: otherwise the first, as in Isaac ROS.
    return sorted(maps, key=lambda name: (_LOW_RES in name) != knows_size)[0]


def _ratings(tensors: Tensors, shape: tuple[int, ...]) -> Array | None:
    """Return the predicted IoU (N, masks)."""
    found = [name for name, array in tensors.arrays.items() if array.shape == shape]
    found.sort(key=lambda name: 'iou' not in name)
    return tensors[found[0]] if found else None


def _view_of(name: str, grid: Size, given: View | None, size: Size | None) -> View:
    """Return where the image lies on a grid of scores."""
    view = given
    if view is None and size is not None and _LOW_RES in name:
        canvas = grid[0] * _STRIDE, grid[1] * _STRIDE
        view = View.fit(size, canvas, 'letterbox_top_left')
    # A network that knows the image's size gives masks of that size.
    if view is None or grid == view.image:
        return View.identity(grid)
    covers = grid[0] * view.canvas[1] == grid[1] * view.canvas[0]
    return view if covers else View.identity(grid)
