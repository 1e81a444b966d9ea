"""From the cells of a network's output to the pixels of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
# Takes the place of minus infinity, of which no part can be taken.
_LOWEST: Final = np.float32(-1e30)
_SAME_SIZE: Final = {1: np.uint8, 2: np.uint16, 4: np.float32}


@dataclass(frozen=True, eq=False)
class Axis:
    """
    Where the pixels of one axis of the image lie between the cells of a grid.

    `near` is the cell that a pixel lies in; `low` and `high` are the cells whose centres it lies
    between and `part` the way from one to the other. All count from the first cell of `cells`,
    whose centres show the image: cells of the padding are never named.
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

        return cls(
            cells=slice(first, last + 1),
            near=count(np.floor(centres)),
            low=count(floor),
            high=count(floor + 1),
            part=(centres - 0.5 - floor).astype(np.float32),
            shown=(centres >= 0) & (centres < cells),
        )

    @cached_property
    def _runs(self) -> tuple[Indices, Indices]:
        """Return the first pixel of each low cell, and how many pixels it has."""
        count = np.bincount(self.low, minlength=self.cells.stop - self.cells.start)
        return np.cumsum(count) - count, count

    def pixels(self, low: Indices) -> tuple[Indices, Indices]:
        """Return the pixels whose low cell is one of those, and which one."""
        first, count = self._runs
        return _spread(first[low], count[low])

    def within(self, pixels: slice) -> Axis:
        """Return the axis of neighbouring pixels only, and of no more cells than they need."""
        low, high = self.low[pixels], self.high[pixels]
        first, last = int(low[0]), int(high[-1])
        start = self.cells.start + first
        return Axis(
            cells=slice(start, start + last - first + 1),
            near=self.near[pixels] - first,
            low=low - first,
            high=high - first,
            part=self.part[pixels],
            shown=self.shown[pixels],
        )

    def at(self, places: Indices) -> Axis:
        """Return the axis of those pixels only."""
        return replace(self, low=self.low[places], high=self.high[places], part=self.part[places])


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

    def within(self, rows: slice, columns: slice) -> Resampler:
        """Return what reads the pixels of a rectangle of the image, one pixel or more."""
        return Resampler(self.rows.within(rows), self.columns.within(columns))

    @cached_property
    def hidden(self) -> npt.NDArray[np.bool_] | None:
        """Return the pixels that the canvas does not show, None where it shows them all."""
        if self.rows.shown.all() and self.columns.shown.all():
            return None
        return ~np.logical_and.outer(self.rows.shown, self.columns.shown)

    def nearest(self, grid: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        """Return the value of the cell that each pixel lies in."""
        return _pick(grid, self.rows.near, self.columns.near)

    def linear(self, grid: Floats) -> Floats:
        """Return the value of each pixel between the centres of four cells."""
        part, down = self.columns.part, self.rows.part[:, np.newaxis]
        wide = np.take(grid, self.columns.low, axis=1) * (1 - part)
        wide += np.take(grid, self.columns.high, axis=1) * part
        result = np.empty((len(down), len(part)), np.float32)
        step = max(_BLOCK // len(part), 1)
        for start in range(0, len(down), step):
            block = slice(start, start + step)
            np.multiply(wide[self.rows.low[block]], 1 - down[block], out=result[block])
            result[block] += wide[self.rows.high[block]] * down[block]
        return result

    def agreed(self, labels: npt.NDArray[Kind]) -> tuple[npt.NDArray[Kind], Indices]:
        """
        Return the label of each pixel whose four cells agree, and where (flat) they do not.

        Before the first centre and behind the last, low and high are the same cell. There the
        first cell's neighbour is asked as well: that costs some mixing and no correctness.
        """
        across, down = np.ones(labels.shape, np.bool_), np.ones(labels.shape, np.bool_)
        np.equal(labels[:, :-1], labels[:, 1:], out=across[:, :-1])
        np.equal(labels[:-1], labels[1:], out=down[:-1])
        differ = ~(across & down)
        differ[:-1] |= ~across[1:]
        labels = _pick(labels, self.rows.low, self.columns.low)
        rows, columns = np.divmod(np.flatnonzero(differ), differ.shape[1])
        down_to, of = self.rows.pixels(rows)
        along_to, each = self.columns.pixels(columns[of])
        return labels, down_to[each] * labels.shape[1] + along_to

    def blocks(self, places: Indices) -> Iterator[tuple[slice, Mixer]]:
        """Split pixels (flat) into blocks and return what mixes the cells around each block."""
        for start in range(0, places.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            rows, columns = np.divmod(places[block], self.columns.low.size)
            yield block, Mixer(self.rows.at(rows), self.columns.at(columns))


class Mixer:
    """
    Interpolates planes at some pixels only.

    Each step of the mixing rounds, but none turns an order round: where a class is nowhere below
    another in the four cells, it is not below it after mixing.
    """

    def __init__(self, rows: Axis, columns: Axis) -> None:
        """Take the axes of the pixels, one row and one column for each."""
        width = columns.cells.stop - columns.cells.start
        self.corners = [
            row * width + column
            for row in (rows.low, rows.high)
            for column in (columns.low, columns.high)
        ]
        """Where (flat) the four cells are: upper left, upper right, lower left, lower right."""
        self._across = 1 - columns.part, columns.part
        self._down = 1 - rows.part, rows.part
        self._buffers = list(np.empty((4, rows.part.size), np.float32))

    def __call__(self, plane: Floats) -> Floats:
        """Return the values of an (H, W) plane at the pixels; the next call overwrites them."""
        cells = plane.reshape(-1)
        for corner, buffer in zip(self.corners, self._buffers, strict=True):
            # No index is out of range; 'clip' only spares NumPy a copy.
            np.take(cells, corner, out=buffer, mode='clip')
            np.maximum(buffer, _LOWEST, out=buffer)
        return self.mix(self._buffers)

    def mix(self, values: list[Floats]) -> Floats:
        """Mix the values of the four corners in their own memory; the first becomes the result."""
        upper_left, upper_right, lower_left, lower_right = values
        for left, right in ((upper_left, upper_right), (lower_left, lower_right)):
            left *= self._across[0]
            right *= self._across[1]
            left += right
        upper_left *= self._down[0]
        lower_left *= self._down[1]
        upper_left += lower_left
        return upper_left


def _pick(grid: npt.NDArray[Kind], rows: Indices, columns: Indices) -> npt.NDArray[Kind]:
    """Return grid[rows][:, columns]."""
    # Turned, a column is a row and is copied at once; OpenCV turns in tiles. It knows no bool.
    numbers = np.ascontiguousarray(grid).view(_SAME_SIZE[grid.dtype.itemsize])
    wide = cv2.transpose(np.take(cv2.transpose(numbers), columns, axis=0))
    return np.take(np.asarray(wide).view(grid.dtype), rows, axis=0)


def _spread(first: Indices, count: Indices) -> tuple[Indices, Indices]:
    """Return the numbers of runs behind each other, and the run that each number is of."""
    runs = np.repeat(np.arange(count.size), count)
    ends = np.cumsum(count)
    return np.arange(runs.size) + (first - ends + count)[runs], runs
