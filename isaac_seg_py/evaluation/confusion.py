"""The confusion matrix, and what is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..blend import class_name
from ..errors import ConfigError

Floats = npt.NDArray[np.float64]

# Labels of data are bytes.
_MOST: Final = 256


class Confusion:
    """
    Counts pixels by their true class and the one that was found.

    `counts` is (classes, classes + 1): rows are true classes, columns found ones; the last column
    is for pixels where no class of the data was found. Where the truth is `ignore`, none counts.
    """

    def __init__(self, names: Sequence[str], *, classes: int = 0, ignore: int = 255) -> None:
        """Begin without pixels; where there are no names, take the number of classes."""
        self.classes = classes or len(names)
        if not 1 <= self.classes <= _MOST:
            raise ConfigError(f'{self.classes} classes came; 1 to {_MOST} are expected')
        self.names = [class_name(names, number) for number in range(self.classes)]
        self.ignore = ignore
        self.counts = np.zeros((self.classes, self.classes + 1), np.int64)

    def add(self, truth: npt.NDArray[Any], found: npt.NDArray[Any], where: str = '') -> None:
        """Count the pixels of a picture, (H, W) classes each; `where` names it in errors."""
        if truth.shape != found.shape:
            raise ConfigError(
                f'{where or "a picture"} has labels of {truth.shape} but {found.shape} was found; '
                'they must be of one size: leave mask_frame away'
            )
        counted = truth != self.ignore
        true = truth[counted].astype(np.int64)
        if true.size and true.max() >= self.classes:
            raise ConfigError(
                f'{where or "a picture"} has the label {true.max()}, but there are {self.classes} '
                f'classes from 0; correct classes.txt, or the labels ({self.ignore} is ignored)'
            )
        width = self.classes + 1
        pairs = true * width + np.minimum(found[counted], self.classes)
        self.counts += np.bincount(pairs, minlength=self.counts.size).reshape(-1, width)

    @property
    def true_pixels(self) -> npt.NDArray[np.int64]:
        """Return the pixels of each class in the truth."""
        sums: npt.NDArray[np.int64] = self.counts.sum(1)
        return sums

    @property
    def iou(self) -> Floats:
        """Return intersection over union of each class, NaN where it is in neither."""
        both, found = self._both_and_found()
        return _ratio(both, self.true_pixels + found - both)

    @property
    def accuracy(self) -> Floats:
        """Return how much of each class was found (recall), NaN where it is not there."""
        return _ratio(self._both_and_found()[0], self.true_pixels)

    @property
    def precision(self) -> Floats:
        """Return how much of what was found of each class is right, NaN where nothing was."""
        both, found = self._both_and_found()
        return _ratio(both, found)

    @property
    def mean_iou(self) -> float:
        """Return the mean over the classes that are there or were found."""
        return _mean(self.iou)

    @property
    def mean_accuracy(self) -> float:
        """Return the mean over the classes that are there."""
        return _mean(self.accuracy)

    @property
    def pixel_accuracy(self) -> float:
        """Return the share of pixels that are right."""
        return float(_ratio(self._both_and_found()[0].sum(), self.true_pixels.sum()))

    @property
    def weighted_iou(self) -> float:
        """Return the mean IoU in which each class counts as often as it is there."""
        there = self.true_pixels > 0
        return float(_ratio((self.iou * self.true_pixels)[there].sum(), self.true_pixels.sum()))

    def to_json(self) -> dict[str, Any]:
        """Return all as plain types; null for what is nowhere."""
        columns = zip(
            self.names, self.true_pixels, self.iou, self.accuracy, self.precision, strict=True
        )
        return {
            'mean_iou': _plain(self.mean_iou),
            'pixel_accuracy': _plain(self.pixel_accuracy),
            'mean_accuracy': _plain(self.mean_accuracy),
            'frequency_weighted_iou': _plain(self.weighted_iou),
            'classes': [
                {
                    'id': number,
                    'name': name,
                    'pixels': int(pixels),
                    'iou': _plain(iou),
                    'accuracy': _plain(accuracy),
                    'precision': _plain(precision),
                }
                for number, (name, pixels, iou, accuracy, precision) in enumerate(columns)
            ],
            'confusion': self.counts.tolist(),
        }

    def _both_and_found(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        return np.diag(self.counts), self.counts[:, : self.classes].sum(0)


def _ratio(part: Any, whole: Any) -> Floats:
    found: Floats = np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
    return found


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float('nan')


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
