"""Pictures of a video in which objects are followed, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
import statistics
import time
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .followed import FollowedMasks
from ...object_marks import mark_objects
from ...scenes import Scene, stream_video
from ...track.tracker import VideoTracker

Picture = npt.NDArray[np.uint8]

# Of three objects one goes wholly behind another one, and comes back.
_SEED: Final = 820_012
_SIZE: Final = (480, 640)
_OBJECTS: Final = 3
# Before, on the way, half hidden, hidden, back, and long after.
_FRAMES: Final = (0, 8, 14, 20, 28, 39)
_IN_A_ROW: Final = 3


@dataclass(frozen=True)
class TrackStrip:
    """The pictures, and how well how many objects were followed."""

    picture: Picture
    objects: int
    frames: int
    median_s: float
    mean_iou: float


def make_track_strip(model: str = 'tiny-sam2') -> TrackStrip:
    """Follow the objects of a video, each shown by its box in the first picture."""
    times: list[float] = []
    overlaps: list[float] = []
    shown: list[Any] = []
    with VideoTracker.open(model) as track:
        video = stream_video(_SEED, _SIZE, _OBJECTS)
        for index, scene in enumerate(islice(video, 1 + _FRAMES[-1])):
            if not index:
                for number, box in scene.boxes.items():
                    name = scene.class_names[scene.class_ids[number]]
                    track.add(f'{name}{number}', box=box, class_id=number)
            begin = time.perf_counter()
            seen = track(scene.image)
            times.append(time.perf_counter() - begin)
            overlaps += _overlaps(seen.masks, seen.objects.class_ids.tolist(), scene)
            if index in _FRAMES:
                found = FollowedMasks.of_tracked(seen)
                picture = found.overlay(scene.image)
                mark_objects(picture, found)
                shown.append(
                    cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                )
    rows = [shown[start : start + _IN_A_ROW] for start in range(0, len(shown), _IN_A_ROW)]
    return TrackStrip(
        np.concatenate([np.concatenate(row, axis=1) for row in rows]),
        len(seen),
        len(times),
        statistics.median(times),
        float(np.mean(overlaps)),
    )


def _overlaps(masks: Any, numbers: Sequence[int], scene: Scene) -> list[float]:
    """Return the overlap of each mask with its object, 1 where both are hidden."""
    found = []
    for mask, number in zip(masks, numbers, strict=True):
        truth = scene.instances == number
        either = np.count_nonzero(mask | truth)
        found.append(np.count_nonzero(mask & truth) / either if either else 1.0)
    return found
