"""Objects among the answers to queries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .binary import logit
from .class_list import ClassList
from .mixing import above
from .resample import Resampler
from .sigmoid import sigmoid
from .winner import Floats
from ..geometry import Size, View
from ..instance_config import InstanceConfig
from ..masks import InstanceMasks


def find_objects(
    chances: Floats,
    masks: Floats,
    sized: Callable[[Floats], Floats],
    view: View,
    config: InstanceConfig,
    classes: ClassList,
) -> InstanceMasks:
    """
    Return the objects: the best pairs of a query and a class, as many as there are queries.

    A score is the class's probability times the mean probability of the mask's cells. `sized`
    gives masks their working size. With filter_mode `point` a pixel takes the cell in which its
    upper left corner lies, as transformers has it; with `linear`, masks are interpolated.
    """
    flat = chances[:, :-1].reshape(-1)
    best = np.argsort(-flat, kind='stable')[: len(chances)]
    # The mean probability is at most 1, so that no other pair can reach the threshold.
    best = best[flat[best] >= config.score_threshold]
    queries, class_ids = np.divmod(best, chances.shape[1] - 1)
    asked, place = np.unique(queries, return_inverse=True)
    limit = logit(config.mask_threshold)
    # One by one: of very many in their working size most would be held for nothing.
    means = [_mean_chance(sized(masks[one : one + 1])[0], limit) for one in asked]
    scores = flat[best] * np.array(means, np.float32)[place]
    order = np.argsort(-scores, kind='stable')
    order = order[scores[order] >= config.score_threshold]
    kept: list[int] = []
    grid = sized(masks[:1]).shape[1:]
    shown = _Shown(view, (grid[0], grid[1]), config.filter_mode)
    found = np.empty((min(len(order), config.max_detections), *view.image), np.bool_)
    for index in order:
        query = queries[index]
        mask = shown.inside(sized(masks[query : query + 1])[0], limit)
        if mask.any():
            found[len(kept)] = mask
            kept.append(index)
        if len(kept) == config.max_detections:
            break
    return InstanceMasks.of(
        found[: len(kept)],
        np.clip(scores[kept], 0, 1),
        class_ids[kept].astype(np.int64),
        class_names=classes.names,
        palette=classes.palette,
    )


def _mean_chance(mask: Floats, limit: float) -> float:
    """Return the mean probability inside a mask, 0 where nothing is inside."""
    inside = mask[mask > limit]
    # The small number is transformers' guard against dividing by nothing.
    return float(sigmoid(inside).sum() / (inside.size + 1e-6))


class _Shown:
    """Reads masks at the pixels of the image."""

    def __init__(self, view: View, grid: Size, filter_mode: str) -> None:
        self._resampler = Resampler.of(view, grid) if filter_mode == 'linear' else None
        self._hidden = Resampler.of(view, grid).hidden
        self._rows, self._columns = _corner_cells(view, grid)

    def inside(self, cells: Floats, limit: float) -> npt.NDArray[np.bool_]:
        if self._resampler is None:
            wide = np.take(cells > limit, self._columns, axis=1)
            mask = np.take(wide, self._rows, axis=0)
        else:
            # Above, not at, the limit: the next number up.
            mask = above(
                cells[self._resampler.cells], np.nextafter(limit, np.inf), self._resampler
            )
        if self._hidden is not None:
            mask[self._hidden] = False
        return mask


def _corner_cells(view: View, grid: Size) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the row and the column of the cell in which each pixel's upper left corner lies."""
    axes = []
    for axis, centres in enumerate(view.image_centres_on(grid)):
        half = view.content[axis] * grid[axis] / view.image[axis] / view.canvas[axis] / 2
        # What rounding has put a little below a whole number is that number.
        cells = np.floor(centres - half + 1e-6).astype(np.intp)
        axes.append(cells.clip(0, grid[axis] - 1))
    return axes[0], axes[1]
