"""The winning class of each cell of a grid of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import TensorError

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

MOST_CLASSES: Final = 65535


@dataclass(frozen=True)
class Winners:
    """
    The winning class and its score in each cell.

    `planes` is (C, H, W) float32 in one block of memory, `labels` and `best` are (H, W).
    """

    planes: Floats
    labels: Labels
    best: Floats


def label_type(classes: int) -> type[np.uint8] | type[np.uint16]:
    """Return the smallest type that holds so many classes."""
    if classes > MOST_CLASSES:
        raise TensorError(
            f'the output has {classes} classes; at most {MOST_CLASSES} can be told apart'
        )
    return np.uint8 if classes <= 256 else np.uint16


def find_winners(planes: npt.NDArray[Any]) -> Winners:
    """
    Return the class with the highest score in each cell, the lower one of equals.

    A running maximum over contiguous planes is several times faster than arg-max over the first
    axis.
    """
    given: Floats = np.ascontiguousarray(planes, np.float32)
    kind = label_type(len(given))
    best = given[0].copy()
    labels = np.zeros(best.shape, kind)
    higher = np.empty(best.shape, np.bool_)
    number = np.empty(best.shape, kind)
    for index in range(1, len(given)):
        np.greater(given[index], best, out=higher)
        np.maximum(given[index], best, out=best)
        # Classes come in rising order, so the highest number written is the last winner.
        np.multiply(higher, kind(index), out=number)
        np.maximum(labels, number, out=labels)
    # np.maximum hands NaN on: one in any class shows in the best.
    if not np.isfinite(best).all():
        bad = int(best.size - np.isfinite(best).sum())
        raise TensorError(
            f'the output is NaN or infinite in {bad} of {best.size} cells; the model or its '
            'precision is broken: try float32, or another backend'
        )
    return Winners(given, labels, best)


def looks_like_probabilities(planes: Floats) -> bool:
    """Say whether the scores of a cell add up to 1, judged by a sample of the cells."""
    flat = planes.reshape(len(planes), -1)
    sample = flat[:, :: max(flat.shape[1] // 64, 1)]
    return bool(np.allclose(sample.sum(0), 1.0, atol=1e-2) and sample.min() >= 0.0)


def log_normalizer(winners: Winners) -> Floats:
    """Return what to take from the raw scores of each cell to get logarithms of probabilities."""
    total = np.exp(winners.planes - winners.best).sum(0)
    result: Floats = winners.best + np.log(total)
    return result
