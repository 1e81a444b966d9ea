"""How sure a network is of the classes that it found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .winner import Floats, Labels, looks_like_probabilities, total_of_exponentials, Winners


@dataclass(frozen=True, eq=False)
class Chances:
    """
    The probability of each class in each cell.

    `totals` is what exp(score - best score) is divided by; None where scores are probabilities.
    """

    winners: Winners
    totals: Floats | None

    @classmethod
    def among(cls, winners: Winners, raw: bool) -> Chances:
        """Prepare; scores that are no probabilities are taken as raw whatever `raw` says."""
        raw = raw or not looks_like_probabilities(winners.planes)
        return cls(winners, total_of_exponentials(winners) if raw else None)

    @cached_property
    def highest(self) -> Floats:
        """Return the (H, W) probabilities of the winners."""
        if self.totals is None:
            return self.winners.best
        highest: Floats = np.reciprocal(self.totals)
        return highest

    def of(self, classes: Labels, cells: npt.NDArray[np.intp]) -> Floats:
        """Return the probability of the n-th class in the n-th cell (flat)."""
        planes = self.winners.planes
        found: Floats = planes.reshape(len(planes), -1)[classes, cells]
        if self.totals is None:
            return found
        found -= self.winners.best.reshape(-1)[cells]
        np.exp(found, out=found)
        found /= self.totals.reshape(-1)[cells]
        return found
