"""From the cells of a network's output to the pixels of the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..geometry import Size, View

Indices = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Axis:
    """
    Where the pixels of one axis of the image lie between the cells of a grid.

    `near` is the cell that a pixel lies in; `low` and `high` are the cells whose centres it lies
    between and `part` the way from one to the other. Cells of the padding are never named.
    """

    near: Indices
    low: Indices
    high: Indices
    part: Floats
    shown: npt.NDArray[np.bool_]

    @classmethod
    def between(
        cls, centres: npt.NDArray[np.float64], cells: int, visible: tuple[float, float]
    ) -> Axis:
        """Place pixel centres, in cells, on an axis whose part `visible` shows the image."""
        first = min(max(int(np.ceil(visible[0] - 0.5)), 0), cells - 1)
        last = max(min(int(np.floor(visible[1] - 0.5)), cells - 1), first)
        floor = np.floor(centres - 0.5)
        return cls(
            near=np.clip(np.floor(centres), first, last).astype(np.intp),
            low=np.clip(floor, first, last).astype(np.intp),
            high=np.clip(floor + 1, first, last).astype(np.intp),
            part=(centres - 0.5 - floor).astype(np.float32),
            shown=(centres >= 0) & (centres < cells),
        )


@dataclass(frozen=True, eq=False)
class Resampler:
    """Reads a grid over the canvas of a view at the pixels of its image."""

    rows: Axis
    columns: Axis

    @classmethod
    def of(cls, view: View, grid: Size) -> Resampler:
        """Prepare for a view and the (height, width) of a grid."""
        down, right = view.image_centres_on(grid)
        top, left, bottom, end = view.visible()
        scale = grid[0] / view.canvas[0], grid[1] / view.canvas[1]
        return cls(
            Axis.between(down, grid[0], (top * scale[0], bottom * scale[0])),
            Axis.between(right, grid[1], (left * scale[1], end * scale[1])),
        )

    @cached_property
    def hidden(self) -> npt.NDArray[np.bool_] | None:
        """Return the pixels that the canvas does not show, None where it shows them all."""
        if self.rows.shown.all() and self.columns.shown.all():
            return None
        return ~np.logical_and.outer(self.rows.shown, self.columns.shown)

    def nearest(self, grid: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the value of the cell that each pixel lies in."""
        return _pick(grid, self.rows.near, self.columns.near)

    def linear(self, grid: Floats) -> Floats:
        """Return the value of each pixel between the centres of four cells."""
        part = self.columns.part
        wide = grid[:, self.columns.low] * (1 - part) + grid[:, self.columns.high] * part
        down = self.rows.part[:, np.newaxis]
        result: Floats = wide[self.rows.low] * (1 - down)
        result += wide[self.rows.high] * down
        return result

    def mixed(self, labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], tuple[Indices, Indices]]:
        """
        Return the label that each pixel has where its four cells agree, and where they do not.

        The pixels of the second are given as rows and columns.
        """
        below, beside = np.roll(labels, -1, 0), np.roll(labels, -1, 1)
        agree = (labels == below) & (labels == beside) & (labels == np.roll(below, -1, 1))
        # The last row and column of what is visible have no neighbour: they mix with themselves.
        last_row, last_column = self.rows.high[-1], self.columns.high[-1]
        agree[last_row] = labels[last_row] == beside[last_row]
        agree[:, last_column] = labels[:, last_column] == below[:, last_column]
        agree[last_row, last_column] = True
        rows, columns = self.rows.low, self.columns.low
        differ = _pick(~agree, rows, columns)
        # Below the first centre a pixel has one cell only, and low and high are the same.
        where = np.flatnonzero(differ)
        return _pick(labels, rows, columns), np.divmod(where, differ.shape[1])

    def at(self, planes: Floats, places: tuple[Indices, Indices]) -> Floats:
        """Return the (C, n) values of (C, H, W) planes, interpolated at n pixels only."""
        rows, columns = places
        width = planes.shape[2]
        flat = planes.reshape(len(planes), -1)
        low, high = self.rows.low[rows] * width, self.rows.high[rows] * width
        left, right = self.columns.low[columns], self.columns.high[columns]
        down, across = self.rows.part[rows], self.columns.part[columns]
        upper = flat[:, low + left] * (1 - across) + flat[:, low + right] * across
        lower = flat[:, high + left] * (1 - across) + flat[:, high + right] * across
        return (upper * (1 - down) + lower * down).astype(np.float32, copy=False)


def _pick(grid: npt.NDArray[Any], rows: Indices, columns: Indices) -> npt.NDArray[Any]:
    # Columns first, while there are few rows; whole rows are then copied at once.
    return np.take(np.take(grid, columns, axis=1), rows, axis=0)
