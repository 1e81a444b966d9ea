"""Values between four cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .resample import Floats, Indices


class Mixer:
    """
    Interpolates at some pixels.

    Each step of the mixing rounds, but none turns an order round: where a class is nowhere below
    another in the four cells, it is not below it after mixing.
    """

    def __init__(self, down: Floats, across: Floats) -> None:
        """Take how far each pixel is on its way from the upper left cell."""
        self._across, self._down = (1 - across, across), (1 - down, down)
        self._buffers = list(np.empty((4, down.size), np.float32))

    def __call__(self, values: Sequence[Floats], places: Sequence[Indices]) -> Floats:
        """Mix what each corner has at the places of the pixels; the next call overwrites it."""
        for value, place, buffer in zip(values, places, self._buffers, strict=True):
            # No index is out of range; 'clip' only spares NumPy a copy.
            np.take(value, place, out=buffer, mode='clip')
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
