"""Values between four cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .resample import Floats, Indices


@dataclass(frozen=True, eq=False)
class Mixer:
    """
    Interpolates at the pixels of some squares, all with as many rows and columns of pixels.

    `squares` are N, `places` (rows, columns, N) is where (flat) their pixels are in the image.
    `across` (2, 1, columns, N) are the parts that the left and the right cells have in a pixel,
    `down` (2, rows, 1, N) those of the upper and the lower. The squares come last, for there are
    more of them than pixels in one.

    Each step of the mixing rounds, but none turns an order round: where a class is nowhere below
    another in the four cells, it is not below it after mixing.
    """

    squares: Indices
    places: Indices
    across: Floats
    down: Floats

    def __call__(self, corners: Floats) -> Floats:
        """Mix what the corners of each square (4, N) or each pixel (4, rows, columns, N) have."""
        shape = corners.shape[1:] if corners.ndim == 4 else (1, 1, self.squares.size)
        parts = corners.reshape(2, 2, *shape) * self.across
        sides = np.add(parts[:, 0], parts[:, 1], out=parts[:, 0])
        halves = sides * self.down
        mixed: Floats = np.add(halves[0], halves[1], out=halves[0])
        return mixed
