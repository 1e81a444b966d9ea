"""The winning class of each cell of a grid of scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import TensorError

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

MOST_CLASSES: Final = 65535
# Cells that are worked on at once: what they need stays in the cache of a small processor.
_BLOCK: Final = 1 << 16


@dataclass(frozen=True)
class Winners:
    """
    The winning class and its score in each cell.

    `planes` is (C, H, W) float32, each plane in one block of memory; `labels`, `best` are (H, W).
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
    """Return the class with the highest score in each cell, the lower one of equals."""
    given = as_planes(planes)
    size = given.shape[1:]
    best = np.empty(size, np.float32)
    labels: Labels = np.empty(size, label_type(len(given)))  # type: ignore[assignment]
    rows = [plane.reshape(-1) for plane in given]

    for start in range(0, best.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        run_for_highest(
            (row[block] for row in rows), labels.reshape(-1)[block], best.reshape(-1)[block]
        )
    # One NaN or infinity in any class shows in the best, see run_for_highest.
    if not np.isfinite(best).all():
        bad = int(best.size - np.isfinite(best).sum())
        raise TensorError(
            f'the output is NaN or infinite in {bad} of {best.size} cells; the model or its '
            'precision is broken: try float32, or another backend'
        )
    return Winners(given, labels, best)


def run_for_highest(rows: Iterable[Floats], labels: Labels, best: Floats) -> None:
    """
    Write the number of the row with the highest value, the lower of equals, and that value.

    A running maximum: several times faster than arg-max over the first axis. NaN in a row is
    handed on to the best.
    """
    kind = labels.dtype.type
    higher = np.empty(best.shape, np.bool_)
    # NumPy multiplies bytes several times faster than it turns truths into them.
    flags = higher.view(np.uint8) if kind is np.uint8 else higher
    number = np.empty_like(labels)
    labels.fill(0)
    for index, row in enumerate(rows):
        if index == 0:
            np.copyto(best, row)
            continue
        np.greater(row, best, out=higher)
        np.maximum(row, best, out=best)
        # Rows come in rising order, so the highest number written is the last winner.
        np.multiply(flags, kind(index), out=number)
        np.maximum(labels, number, out=labels)


def as_planes(planes: npt.NDArray[Any]) -> Floats:
    """Return (C, H, W) planes as float32, each in one block of memory, copied only if needed."""
    # A float64 too large becomes infinite, which find_winners reports.
    with np.errstate(over='ignore'):
        given = planes.astype(np.float32, copy=False)
    if given[0].flags.c_contiguous:
        return given
    if given.strides[0] != given.itemsize:
        return np.ascontiguousarray(given)
    # Channels last. OpenCV turns in tiles, which NumPy does not.
    by_cell = np.ascontiguousarray(given.transpose(1, 2, 0))
    turned = cv2.transpose(by_cell.reshape(-1, len(given)))
    return np.asarray(turned, np.float32).reshape(given.shape)


def looks_like_probabilities(planes: Floats) -> bool:
    """Say whether the scores of a cell add up to 1, judged by a sample of the cells."""
    step = max(planes[0].size // 64, 1)
    sample = np.stack([plane.reshape(-1)[::step] for plane in planes])
    return bool(np.allclose(sample.sum(0), 1.0, atol=1e-2) and sample.min() >= 0.0)


def total_of_exponentials(winners: Winners) -> Floats:
    """Return, for each cell, the sum over the classes of exp(score - best score)."""
    total = np.zeros(winners.best.shape, np.float32)
    part = np.empty(min(_BLOCK, total.size), np.float32)
    for start in range(0, total.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        best, sums = winners.best.reshape(-1)[block], total.reshape(-1)[block]
        for plane in winners.planes:
            below = np.subtract(plane.reshape(-1)[block], best, out=part[: best.size])
            sums += np.exp(below, out=below)
    return total
