"""From the cells of a network's output to the pixels of the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..geometry import Size, View

Indices = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]
Kind = TypeVar('Kind', bound=np.generic)

# Pixels that are mixed at once: what they need stays in the cache of a small processor.
_BLOCK: Final = 1 << 14
_ALL: Final = slice(None)
_SAME_SIZE: Final = {1: np.uint8, 2: np.uint16, 4: np.float32}


@dataclass(frozen=True, eq=False)
class Axis:
    """
    Where the pixels of one axis of the image lie between the cells of a grid.

    `near` is the cell that a pixel lies in; `low` and `high` are the cells whose centres it lies
    between and `part` the way from one to the other: `high` is the next cell, and only the last
    cell is its own. All count from the first cell of `cells`, whose centres show the image: cells
    of the padding are never named.
    """

    cells: slice
    near: Indices
    low: Indices
    high: Indices
    part: Floats
    shown: npt.NDArray[np.bool_]

    @classmethod
    def between(
        cls, centres: npt.NDArray[np.float64], cells: int, canvas: int, visible: tuple[int, int]
    ) -> Axis:
        """Place pixel centres (in cells) on a grid over a canvas that shows the image in part."""
        # In whole numbers: the centre of cell i is at (2i + 1)·canvas / (2·cells).
        first = -((canvas - 2 * visible[0] * cells) // (2 * canvas))
        last = (2 * visible[1] * cells - canvas) // (2 * canvas)
        first = min(max(first, 0), cells - 1)
        last = max(min(last, cells - 1), first)
        floor = np.floor(centres - 0.5)

        def count(found: npt.NDArray[np.float64]) -> Indices:
            return (np.clip(found, first, last) - first).astype(np.intp)

        low = count(floor)
        return cls(
            cells=slice(first, last + 1),
            near=count(np.floor(centres)),
            low=low,
            high=np.minimum(low + 1, last - first),
            # Before the first centre there is only the first cell.
            part=np.where(floor < first, 0, centres - 0.5 - floor).astype(np.float32),
            shown=(centres >= 0) & (centres < cells),
        )

    @cached_property
    def runs(self) -> tuple[Indices, Indices]:
        """Return the first pixel of each low cell, and how many pixels it has."""
        count = np.bincount(self.low, minlength=self.cells.stop - self.cells.start)
        return np.cumsum(count) - count, count

    @cached_property
    def lengths(self) -> tuple[list[int], npt.NDArray[np.uint8]]:
        """Return the few numbers of pixels that low cells have, and which of them each has."""
        lengths, which = np.unique(self.runs[1], return_inverse=True)
        return lengths.tolist(), which.astype(np.uint8)

    @cached_property
    def parts(self) -> Floats:
        """Return the parts (2, pixels) that the low and the high cells have in each pixel."""
        return np.stack([1 - self.part, self.part])

    @cached_property
    def _reached(self) -> tuple[list[int], list[int]]:
        """Return the first pixel whose high, and whose low, cell is each cell or behind it."""
        cells = np.arange(self.cells.stop - self.cells.start + 1)
        return self.high.searchsorted(cells).tolist(), self.low.searchsorted(cells).tolist()

    def around(self, first: int, end: int) -> slice:
        """Return the pixels that a cell from `first` to before `end` has a part in."""
        by_high, by_low = self._reached
        return slice(by_high[first], by_low[end] if end > first else by_high[first])


@dataclass(frozen=True, eq=False)
class Resampler:
    """
    Reads a grid over the canvas of a view at the pixels of its image.

    Every grid given to it is cut to `cells` first, in which the image is seen.
    """

    rows: Axis
    columns: Axis

    @classmethod
    def of(cls, view: View, grid: Size) -> Resampler:
        """Prepare for a view and the (height, width) of a grid."""
        down, right = view.image_centres_on(grid)
        top, left, bottom, end = view.visible()
        return cls(
            Axis.between(down, grid[0], view.canvas[0], (top, bottom)),
            Axis.between(right, grid[1], view.canvas[1], (left, end)),
        )

    @property
    def cells(self) -> tuple[slice, slice]:
        """Return the rows and columns of the grid that show the image."""
        return self.rows.cells, self.columns.cells

    @cached_property
    def hidden(self) -> npt.NDArray[np.bool_] | None:
        """Return the pixels that the canvas does not show, None where it shows them all."""
        if self.rows.shown.all() and self.columns.shown.all():
            return None
        return ~np.logical_and.outer(self.rows.shown, self.columns.shown)

    def nearest(
        self, grid: npt.NDArray[Kind], rows: slice = _ALL, columns: slice = _ALL
    ) -> npt.NDArray[Kind]:
        """Return the value of the cell that each pixel, or each of a rectangle, lies in."""
        return _pick(grid, self.rows.near[rows], self.columns.near[columns])

    def first(self, grid: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        """Return the value of the upper left of the four cells around each pixel."""
        return _pick(grid, self.rows.low, self.columns.low)

    def linear(self, grid: Floats, rows: slice = _ALL, columns: slice = _ALL) -> Floats:
        """Return the value of each pixel, or of a rectangle, between the centres of four cells."""
        upper, lower = self.rows.low[rows], self.rows.high[rows]
        left, right = self.columns.low[columns], self.columns.high[columns]
        part, down = self.columns.part[columns], self.rows.part[rows, np.newaxis]
        first = int(upper[0])
        grid = grid[first : int(lower[-1]) + 1]
        wide = grid.take(left, axis=1)
        wide *= 1 - part
        wide += grid.take(right, axis=1) * part
        result = np.empty((len(down), len(part)), np.float32)
        step = max(_BLOCK // len(part), 1)
        for start in range(0, len(down), step):
            block = slice(start, start + step)
            np.multiply(wide[upper[block] - first], 1 - down[block], out=result[block])
            result[block] += wide[lower[block] - first] * down[block]
        return result


def _pick(grid: npt.NDArray[Kind], rows: Indices, columns: Indices) -> npt.NDArray[Kind]:
    """Return grid[rows][:, columns]."""
    # Turned, a column is a row and is copied at once; OpenCV turns in tiles. It knows no bool.
    numbers = np.ascontiguousarray(grid).view(_SAME_SIZE[grid.dtype.itemsize])
    wide = cv2.transpose(np.take(cv2.transpose(numbers), columns, axis=0))
    return np.take(np.asarray(wide).view(grid.dtype), rows, axis=0)
