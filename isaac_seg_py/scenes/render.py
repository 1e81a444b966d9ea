"""Paint one frame of a world, and note down the truth while painting."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
import numpy.typing as npt

from .actors import Actor
from .motion import Pose
from .scene import Scene
from .world import World


@dataclass(frozen=True)
class _Part:
    """A rectangle of the picture, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, actor: Actor, pose: Pose, height: int, width: int) -> _Part:
        """Find the part of the picture that an object and its shadow may touch."""
        reach, far = actor.reach * pose.scale, actor.shadow_reach * pose.scale
        x, y = pose.x + actor.shadow_offset[0], pose.y + actor.shadow_offset[1]
        return cls(
            max(math.floor(min(pose.x - reach, x - far)), 0),
            max(math.floor(min(pose.y - reach, y - far)), 0),
            min(math.ceil(max(pose.x + reach, x + far)) + 1, width),
            min(math.ceil(max(pose.y + reach, y + far)) + 1, height),
        )

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def render(world: World, frame: int) -> Scene:
    """Paint a frame: far objects first, so that nearer ones hide them."""
    height, width = world.size
    left, top = (int(swing.at(frame)) for swing in world.camera)
    image = world.background[top : top + height, left : left + width].copy()
    labels = np.zeros((height, width), np.uint8)
    instances = np.zeros((height, width), np.uint16)
    touched: dict[int, _Part] = {}
    for actor in world.actors:
        pose = actor.path.at(frame)
        part = _Part.around(actor, pose, height, width)
        if part.empty:
            continue
        brightness = world.light.at(pose.x / width, pose.y / height)
        inside = _blend(image[part.slices], actor, pose, part, brightness)
        np.copyto(labels[part.slices], np.uint8(actor.class_id), where=inside)
        np.copyto(instances[part.slices], np.uint16(actor.id), where=inside)
        touched[actor.id] = part
    return Scene(
        image=world.sensor.see(image, frame),
        labels=labels,
        instances=instances,
        boxes=_boxes(instances, touched),
        class_ids={actor.id: actor.class_id for actor in sorted(world.actors, key=_by_id)},
    )


def _by_id(actor: Actor) -> int:
    return actor.id


def _blend(
    below: npt.NDArray[np.uint8], actor: Actor, pose: Pose, part: _Part, brightness: float
) -> npt.NDArray[np.bool_]:
    """Lay shadow and object over a part of the picture; give the pixels that the object takes."""
    size = (below.shape[1], below.shape[0])
    x, y = pose.x - part.left, pose.y - part.top
    look = cv2.warpAffine(actor.look, _matrix(actor, pose, x, y), size)
    shadow_x, shadow_y = x + actor.shadow_offset[0], y + actor.shadow_offset[1]
    shadow = cv2.warpAffine(actor.shadow, _matrix(actor, pose, shadow_x, shadow_y), size)
    coverage = cv2.extractChannel(look, 3)
    passed = cv2.multiply(255 - coverage, 255 - shadow, scale=1 / 255)
    color = cv2.convertScaleAbs(cv2.cvtColor(look, cv2.COLOR_RGBA2RGB), alpha=brightness)
    dimmed = cv2.multiply(below, cv2.cvtColor(passed, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    cv2.add(dimmed, color, dst=below)
    return np.asarray(coverage > 127)


def _matrix(actor: Actor, pose: Pose, x: float, y: float) -> npt.NDArray[np.float64]:
    """Make the map from a picture of an object to the place where its centre is (x, y)."""
    middle = (actor.look.shape[0] - 1) / 2
    cos, sin = math.cos(pose.turn) * pose.scale, math.sin(pose.turn) * pose.scale
    return np.array(
        [
            [cos, -sin, x - middle * cos + middle * sin],
            [sin, cos, y - middle * sin - middle * cos],
        ]
    )


def _boxes(
    instances: npt.NDArray[np.uint16], touched: dict[int, _Part]
) -> dict[int, tuple[int, int, int, int]]:
    """Measure what can be seen of each object."""
    boxes = {}
    for number in sorted(touched):
        part = touched[number]
        visible = (instances[part.slices] == number).view(np.uint8)
        x, y, wide, high = cv2.boundingRect(visible)
        if wide:
            left, top = x + part.left, y + part.top
            boxes[number] = (left, top, left + wide, top + high)
    return boxes
