"""What a YOLO-seg network says of its boxes, whatever the order of the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .boxes import Floats, from_centres
from .layout import GRID_STRIDE
from ..errors import TensorError
from ..geometry import Size

Array = npt.NDArray[Any]

BOX: Final = 4
# Corners, score and class, where the network has chosen the boxes itself.
CHOSEN: Final = 6
_STRIDES: Final = ((8, 16), (8, 16, 32), (8, 16, 32, 64), (16, 32), (4, 8, 16, 32))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Boxes with a score high enough: corners on the canvas, and what their masks are made of."""

    boxes: Floats
    scores: Floats
    classes: npt.NDArray[np.int64]
    coefficients: Floats

    def __getitem__(self, chosen: npt.NDArray[np.intp]) -> Candidates:
        """Return some of them."""
        return Candidates(
            self.boxes[chosen],
            self.scores[chosen],
            self.classes[chosen],
            self.coefficients[chosen],
        )


def find_layout(array: Array, coefficients: int, grid: Size) -> str:
    """Return which axis is which in [A, B], judged by how many boxes such a grid gives."""
    first, last = array.shape
    counts = {
        sum(-(-grid[0] * GRID_STRIDE // s) * -(-grid[1] * GRID_STRIDE // s) for s in some)
        for some in _STRIDES
    }
    if (first in counts) != (last in counts):
        return 'channels_last' if first in counts else 'channels_first'
    if last == CHOSEN + coefficients:
        return 'end_to_end'
    return 'channels_first' if first < last else 'channels_last'


def class_count(array: Array, coefficients: int, layout: str) -> int | None:
    """Return the number of classes, None where the tensor does not show it."""
    if layout == 'end_to_end':
        if array.shape[1] != CHOSEN + coefficients:
            raise TensorError(_misfit(array, coefficients, f'{CHOSEN} + {coefficients} columns'))
        return None
    channels: int = array.shape[0 if layout == 'channels_first' else 1]
    if channels <= BOX + coefficients:
        wanted = f'more than {BOX} + {coefficients} channels'
        raise TensorError(_misfit(array, coefficients, wanted))
    return channels - BOX - coefficients


def candidates(array: Array, classes: int | None, layout: str, threshold: float) -> Candidates:
    """Return the boxes whose best class has that score."""
    given = array.astype(np.float32, copy=False)
    if classes is None:
        found = _chosen(given, threshold)
    else:
        planes = given if layout == 'channels_first' else given.T
        found = _scored(planes, classes, threshold)
    if not np.isfinite(found.boxes).all() or not np.isfinite(found.coefficients).all():
        raise TensorError(_BROKEN)
    return found


def _scored(planes: Floats, classes: int, threshold: float) -> Candidates:
    chances = planes[BOX : BOX + classes]
    best = chances.max(0)
    _check_scores(best)
    places = np.flatnonzero(best >= threshold)
    return Candidates(
        from_centres(planes[:BOX, places].T),
        np.clip(best[places], 0, 1),
        chances[:, places].argmax(0).astype(np.int64),
        planes[BOX + classes :, places].T,
    )


def _chosen(rows: Floats, threshold: float) -> Candidates:
    _check_scores(rows[:, 4])
    kept = rows[rows[:, 4] >= threshold]
    classes = kept[:, 5]
    if not (np.array_equal(classes, np.floor(classes)) and (classes >= 0).all()):
        raise TensorError(
            'the sixth column of the boxes is no class number; set prediction_layout to '
            'channels_first or channels_last'
        )
    return Candidates(
        kept[:, :4], np.clip(kept[:, 4], 0, 1), classes.astype(np.int64), kept[:, CHOSEN:]
    )


def _check_scores(best: Floats) -> None:
    # max() hands NaN on. Half precision may round a little over the edge.
    highest = float(best.max(initial=0))
    if not np.isfinite(highest):
        raise TensorError(_BROKEN)
    if highest > 1 + 1e-3:
        raise TensorError(
            f'scores of boxes go up to {highest:g}; 0 to 1 is expected. Export the network with '
            'its sigmoid, or set prediction_layout'
        )


def _misfit(array: Array, coefficients: int, wanted: str) -> str:
    return (
        f'the boxes have shape {[1, *array.shape]}, and the prototypes {coefficients} channels; '
        f'{wanted} are expected. Correct prediction_layout'
    )


_BROKEN: Final = (
    'the boxes are NaN or infinite; the model or its precision is broken: try float32, or another '
    'backend'
)
