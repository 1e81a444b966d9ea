"""How far an exported network is from the one that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..tensors import describe


@dataclass(frozen=True)
class Difference:
    """How far one output is from what it should be."""

    output: str
    shape: tuple[int, ...]
    largest: float
    mean: float
    magnitude: float
    same_class: float | None
    """Share of the places where the same class is the highest; None where there are no classes."""

    @property
    def relative(self) -> float:
        """Return the largest difference as a part of the largest value, or of 1."""
        return self.largest / max(self.magnitude, 1.0)

    @property
    def relative_mean(self) -> float:
        """Return the same of the mean difference."""
        return self.mean / max(self.magnitude, 1.0)

    def __str__(self) -> str:
        """Show the figures in one line."""
        same = '' if self.same_class is None else f', same class in {self.same_class:.3%}'
        return (
            f'{self.output} {describe(self.shape)}: largest difference {self.largest:.2g} '
            f'(of values to {self.magnitude:.3g}), mean {self.mean:.2g}{same}'
        )


def compared(
    name: str, expected: npt.NDArray[Any], found: npt.NDArray[Any], classes: int | None = None
) -> Difference:
    """Compare two arrays; `classes` is the axis that has a score for each class."""
    if expected.shape != found.shape:
        return Difference(name, found.shape, np.inf, np.inf, 0.0, None)
    distance = np.abs(expected.astype(np.float64) - found)
    same = None
    if classes is not None:
        same = float(np.mean(expected.argmax(classes) == found.argmax(classes)))
    # A value that is no number makes the largest difference no number, which is never small.
    return Difference(
        name,
        found.shape,
        float(distance.max()),
        float(distance.mean()),
        float(np.abs(expected).max()),
        same,
    )
