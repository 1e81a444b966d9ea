"""The squares between cells that do not agree: only there anything is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .mixer import Mixer
from .resample import Axis, Floats, Indices, Kind, Resampler

# Scores that are looked at at once, which bounds the memory where all cells are at seams, and
# pixels that are mixed at once: what they need stays in the cache.
_BAND: Final = 1 << 23
_BLOCK: Final = 1 << 15
# Fewer pixels than these are rather mixed with squares of another size.
_RARE: Final = 1 << 13


@dataclass(frozen=True, eq=False)
class Seams:
    """
    Squares between the centres of four cells that do not agree.

    `rows` and `columns` are those of the upper left cells, `corners` (4, N) the cells of each
    square: upper left and right, lower left and right. They are numbers in `cells`, which has
    their places (flat) in the grid, in rising order. `low` and `high` are the least and the
    greatest of the four labels.
    """

    resampler: Resampler
    rows: Indices
    columns: Indices
    corners: Indices
    cells: Indices
    low: npt.NDArray[Any]
    high: npt.NDArray[Any]

    @classmethod
    def between(cls, labels: npt.NDArray[Kind], resampler: Resampler, band: slice) -> Seams:
        """Find the squares whose cells do not agree, and whose upper cells are in those rows."""
        top, bottom = band.start, band.stop
        width = labels.shape[1]
        labels = labels[top : bottom + 1]
        low, high = _of_squares(np.minimum, labels), _of_squares(np.maximum, labels)
        differ = low[: bottom - top] != high[: bottom - top]
        upper_left = np.flatnonzero(differ)
        below = upper_left // width
        beside = upper_left - below * width
        # The last row and the last column are their own neighbours.
        right = upper_left + (beside < width - 1)
        lower = np.where(below < len(labels) - 1, width, 0)
        corners = np.stack([upper_left, right, upper_left + lower, right + lower])
        used = np.zeros(labels.size, np.bool_)
        used[corners] = True
        cells = np.flatnonzero(used)
        number = np.empty(labels.size, np.intp)
        number[cells] = np.arange(cells.size)
        return cls(
            resampler=resampler,
            rows=below + top,
            columns=beside,
            corners=number[corners],
            cells=cells + top * width,
            low=low.reshape(-1)[upper_left],
            high=high.reshape(-1)[upper_left],
        )

    def __len__(self) -> int:
        """Return the number of squares."""
        return self.rows.size

    def blocks(self, squares: Indices) -> Iterator[Mixer]:
        """Split some squares into blocks that are mixed at once, if they have pixels."""
        down, across = self.resampler.rows, self.resampler.columns
        for alike, height, width in self._alike(squares):
            step = -(-_BLOCK // (height * width))
            for start in range(0, alike.size, step):
                some = alike[start : start + step]
                lines, upper_lower = _pixels(down, self.rows[some], height)
                beside, left_right = _pixels(across, self.columns[some], width)
                places = (lines * across.low.size)[:, np.newaxis] + beside
                yield Mixer(some, places, left_right[:, np.newaxis], upper_lower[:, :, np.newaxis])

    def _alike(self, squares: Indices) -> Iterator[tuple[Indices, int, int]]:
        """Split squares by their height and width in pixels, but for the rare sizes."""
        heights, tall = self.resampler.rows.lengths
        widths, wide = self.resampler.columns.lengths
        size = tall[self.rows[squares]] * np.uint8(len(widths)) + wide[self.columns[squares]]
        ordered = squares[np.argsort(size, kind='stable')]
        ends = np.cumsum(np.bincount(size, minlength=1))
        rare = [(ordered[:0], 0, 0)]
        for each, alike in enumerate(np.split(ordered, ends[:-1])):
            height, width = heights[each // len(widths)], widths[each % len(widths)]
            if alike.size * height * width > _RARE:
                yield alike, height, width
            elif alike.size and height and width:
                rare.append((alike, height, width))
        # At the edges of the image: together they take fewer calls.
        parts, tallest, widest = zip(*rare, strict=True)
        if len(rare) > 1:
            yield np.concatenate(parts), max(tallest), max(widest)


def bands(shape: tuple[int, int, int]) -> list[slice]:
    """Split the rows of a grid, (classes, height, width), into bands looked at one by one."""
    height = shape[1]
    step = -(-height // max(math.prod(shape) // _BAND, 1))
    return [slice(top, min(top + step, height)) for top in range(0, height, step)]


def _of_squares(choose: np.ufunc, labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what is chosen of the label of each cell, and of those beside and below it."""
    across = labels.copy()
    choose(labels[:, :-1], labels[:, 1:], out=across[:, :-1])
    # NumPy takes more time where a result overlaps what it is made from.
    chosen = across.copy()
    choose(across[:-1], across[1:], out=chosen[:-1])
    return chosen


def _pixels(axis: Axis, cells: Indices, count: int) -> tuple[Indices, Floats]:
    """
    Return the (count, N) pixels behind the centres of cells, and the parts of both cells.

    Where there are fewer the last one stands again.
    """
    first, length = axis.runs
    steps = np.minimum(np.arange(count)[:, np.newaxis], length[cells] - 1)
    pixels = first[cells] + steps
    return pixels, axis.parts.take(pixels, axis=1)
