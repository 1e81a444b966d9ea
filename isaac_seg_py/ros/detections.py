"""Objects found in images and in space, as messages of vision_msgs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import math
from typing import Any, Final

from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    BoundingBox3D,
    Detection2D,
    Detection2DArray,
    Detection3D,
    Detection3DArray,
    ObjectHypothesisWithPose,
)

from .wire import only_sent, Wire
from ..errors import InputError
from ..instance_masks import InstanceMasks
from ..spatial import Located


@dataclass(frozen=True)
class Detection:
    """An object in an image: `box` is x1, y1, x2, y2 in pixels, the score 0 to 1."""

    id: str
    class_id: str
    score: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class LocatedObject:
    """An object in space, or all that is of one class."""

    id: str
    class_id: str
    score: float
    place: Located


def detections_of(found: InstanceMasks, *, by_name: bool) -> tuple[Detection, ...]:
    """Return the objects with the names of their classes, or the numbers as text."""
    return tuple(
        Detection(str(key), found.name(one) if by_name else str(one), score, (x1, y1, x2, y2))
        for key, one, score, (x1, y1, x2, y2) in zip(
            found.ids,
            found.class_ids.tolist(),
            found.scores.tolist(),
            found.boxes.tolist(),
            strict=True,
        )
    )


def _to_message(header: Header, detections: Iterable[Detection]) -> Detection2DArray:
    message = Detection2DArray(header=header)
    for one in detections:
        x1, y1, x2, y2 = one.box
        box = BoundingBox2D(size_x=x2 - x1, size_y=y2 - y1)
        box.center.position.x, box.center.position.y = (x1 + x2) / 2, (y1 + y2) / 2
        result = _hypothesis(one.class_id, one.score)
        message.detections.append(
            Detection2D(header=header, results=[result], bbox=box, id=one.id)
        )
    return message


def _from_message(message: Detection2DArray) -> tuple[Detection, ...]:
    return tuple(_detection(one) for one in message.detections)


def _detection(message: Detection2D) -> Detection:
    box, middle = message.bbox, message.bbox.center.position
    numbers = (middle.x, middle.y, box.size_x, box.size_y)
    if not all(map(math.isfinite, numbers)) or min(box.size_x, box.size_y) < 0:
        raise InputError(
            f'detection {message.id[:40]!r} has the box {numbers} (middle x, y, width, height); '
            'finite numbers, and no size below 0, are expected'
        )
    wide, tall = box.size_x / 2, box.size_y / 2
    best: Any = max(message.results, key=lambda one: one.hypothesis.score, default=None)
    return Detection(
        message.id,
        best.hypothesis.class_id if best else '',
        best.hypothesis.score if best else 0.0,
        (middle.x - wide, middle.y - tall, middle.x + wide, middle.y + tall),
    )


def _to_message_3d(header: Header, objects: Sequence[LocatedObject]) -> Detection3DArray:
    message = Detection3DArray(header=header)
    for one in objects:
        low, high = one.place.low, one.place.high
        sizes = [above - below for below, above in zip(low, high, strict=True)]
        middle = [(above + below) / 2 for below, above in zip(low, high, strict=True)]
        box = BoundingBox3D(size=Vector3(**dict(zip('xyz', sizes, strict=True))))
        box.center.position = Point(**dict(zip('xyz', middle, strict=True)))
        result = _hypothesis(one.class_id, one.score)
        centroid = dict(zip('xyz', one.place.centroid, strict=True))
        result.pose.pose.position = Point(**centroid)
        message.detections.append(
            Detection3D(header=header, results=[result], bbox=box, id=one.id)
        )
    return message


def _hypothesis(class_id: str, score: float) -> ObjectHypothesisWithPose:
    made = ObjectHypothesisWithPose()
    made.hypothesis.class_id, made.hypothesis.score = class_id, score
    return made


DETECTIONS: Final[Wire[tuple[Detection, ...]]] = Wire(Detection2DArray, _to_message, _from_message)
DETECTIONS_3D: Final[Wire[Sequence[LocatedObject]]] = only_sent(Detection3DArray, _to_message_3d)
