"""The pixels of an image between cells that do not agree: only there anything is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .mixer import Mixer
from .resample import Indices, Kind, Resampler

# Pixels of the image that are looked at at once, of which few are at seams, and pixels that are
# mixed at once: what they need stays in the cache of a small processor.
_BAND: Final = 1 << 18
_BLOCK: Final = 1 << 14


@dataclass(frozen=True, eq=False)
class Seams:
    """
    Pixels of an image, each with the square of four cells whose centres it lies between.

    `rows` and `columns` are those of the pixels, `square` the number of the square of each.
    `corners` are the cells of each square: upper left and right, lower left and right. They are
    numbers in `cells`, which has their places (flat) in the grid, in rising order.
    """

    resampler: Resampler
    rows: Indices
    columns: Indices
    square: Indices
    corners: tuple[Indices, Indices, Indices, Indices]
    cells: Indices

    @classmethod
    def between(cls, labels: npt.NDArray[Kind], resampler: Resampler, band: slice) -> Seams:
        """Find the squares whose cells do not agree, and whose upper cells are in those rows."""
        top, bottom = band.start, band.stop
        width = labels.shape[1]
        # The last row and the last column are their own neighbours.
        labels = labels[top : bottom + 1]
        across, down = np.zeros(labels.shape, np.bool_), np.zeros(labels.shape, np.bool_)
        np.not_equal(labels[:, :-1], labels[:, 1:], out=across[:, :-1])
        np.not_equal(labels[:-1], labels[1:], out=down[:-1])
        differ = across | down
        differ[:-1] |= across[1:]
        upper_left = np.flatnonzero(differ[: bottom - top])
        below, beside = np.divmod(upper_left, width)
        rows, of = _spread(*resampler.rows.runs, below + top)
        columns, each = _spread(*resampler.columns.runs, beside[of])
        right = upper_left + (beside < width - 1)
        lower = np.where(below < len(labels) - 1, width, 0)
        flat = upper_left, right, upper_left + lower, right + lower
        used = np.zeros(labels.size, np.bool_)
        for corner in flat:
            used[corner] = True
        cells = np.flatnonzero(used)
        number = np.empty(labels.size, np.intp)
        number[cells] = np.arange(cells.size)
        first, second, third, fourth = (number[corner] for corner in flat)
        corners = first, second, third, fourth
        return cls(resampler, rows[each], columns, of[each], corners, cells + top * width)

    def among(self, chosen: npt.NDArray[np.bool_]) -> Seams:
        """Return only the pixels of the chosen squares, which keep their numbers."""
        kept = np.flatnonzero(chosen[self.square])
        rows, columns, square = (one[kept] for one in (self.rows, self.columns, self.square))
        return replace(self, rows=rows, columns=columns, square=square)

    @cached_property
    def places(self) -> Indices:
        """Return where (flat) the pixels are in the image."""
        return self.rows * self.resampler.columns.low.size + self.columns

    def blocks(self) -> Iterator[tuple[Indices, Indices, Mixer]]:
        """Split the pixels into blocks: their places, their squares and what mixes there."""
        for start in range(0, self.rows.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            down = self.resampler.rows.part[self.rows[block]]
            across = self.resampler.columns.part[self.columns[block]]
            yield self.places[block], self.square[block], Mixer(down, across)


def bands(labels: npt.NDArray[Any], resampler: Resampler) -> list[slice]:
    """Split the rows of a grid into bands that are looked at one by one."""
    height = len(labels)
    pixels = resampler.rows.low.size * resampler.columns.low.size
    step = -(-height // max(max(pixels, labels.size) // _BAND, 1))
    return [slice(top, min(top + step, height)) for top in range(0, height, step)]


def _spread(first: Indices, count: Indices, of: Indices) -> tuple[Indices, Indices]:
    """Return the numbers of some of the runs behind each other, and the run that each is of."""
    first, count = first[of], count[of]
    runs = np.repeat(np.arange(count.size), count)
    ends = np.cumsum(count)
    return np.arange(runs.size) + (first - ends + count)[runs], runs
