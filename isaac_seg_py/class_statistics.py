"""How much of an image is of each class."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .instance_masks import InstanceMasks
from .masks import LabelImage
from .panoptic import Found, PanopticImage

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ClassStatistics:
    """
    The pixels of one class, and their share of the image.

    `mean_score` is the mean confidence of these pixels, NaN where nothing is known of it;
    `objects` is 0 where objects are not told apart.
    """

    class_id: int
    name: str
    pixels: int
    share: float
    mean_score: float
    objects: int


def class_statistics(found: Found) -> list[ClassStatistics]:
    """
    Return the classes that are present, the lowest first.

    Of objects that overlap, a pixel counts for the one with the highest score.
    """
    if isinstance(found, LabelImage):
        areas, scores, objects = _of_labels(found)
        present = np.flatnonzero(areas)
    else:
        areas, scores, objects = _of_objects(found)
        present = np.flatnonzero(objects)
    whole = found.size[0] * found.size[1]
    return [
        ClassStatistics(
            class_id,
            found.name(class_id),
            int(areas[class_id]),
            float(areas[class_id] / whole),
            float(scores[class_id] / areas[class_id]) if areas[class_id] else math.nan,
            int(objects[class_id]),
        )
        for class_id in present.tolist()
    ]


def _of_labels(found: LabelImage) -> tuple[Array, Array, Array]:
    """Return the pixels, the sum of their scores and the objects of each class."""
    areas = found.areas()
    scores = np.full(areas.shape, np.nan)
    if found.scores is not None:
        scores = np.bincount(found.labels.reshape(-1), found.scores.reshape(-1))
    return areas, scores, np.zeros_like(areas)


def _of_objects(found: InstanceMasks | PanopticImage) -> tuple[Array, Array, Array]:
    """Return the pixels, the sum of their scores and the objects of each class."""
    if isinstance(found, PanopticImage):
        image, places = found.ids, [segment.id for segment in found.segments]
        classes = np.array([segment.class_id for segment in found.segments], np.int64)
    else:
        image, places = found.label_image(), list(range(1, len(found) + 1))
        classes = found.class_ids
    areas = np.bincount(image.reshape(-1), minlength=max(places, default=0) + 1)[places]
    sums = areas * found.scores
    return (
        np.bincount(classes, areas).astype(np.int64),
        np.bincount(classes, sums),
        np.bincount(classes),
    )
