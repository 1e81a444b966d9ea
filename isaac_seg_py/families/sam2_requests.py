"""Requests to follow objects, checked by the rules and in the words of Isaac ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import PromptError
from ..geometry import Size

Floats = npt.NDArray[np.float32]
MAX_POINTS: Final = 5
_LONGEST: Final = 256


@dataclass(frozen=True, eq=False)
class Wanted:
    """One object to follow: its box (4,) x1, y1, x2, y2, or its points (N, 2) with labels (N,)."""

    id: str
    box: Floats | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class AddRequest:
    """What the service `add_objects` is asked for; the same id of a point gives several points."""

    bbox_object_ids: Sequence[str] = ()
    bbox_coords: Sequence[tuple[float, float, float, float]] = ()
    point_object_ids: Sequence[str] = ()
    point_coords: Sequence[tuple[float, float]] = ()
    point_labels: Sequence[int] = ()

    def checked(self, known: Collection[str], most: int, size: Size) -> list[Wanted]:
        """Return the objects, boxes first; raise PromptError with the message of the answer."""
        _lengths(self)
        boxes = self.bbox_object_ids
        if not boxes and not self.point_object_ids:
            raise PromptError(
                'no object came; give bbox_object_ids with bbox_coords, or point_object_ids with '
                'point_coords and point_labels'
            )
        times, pointed = Counter(boxes), set(self.point_object_ids)
        for name in boxes:
            if times[name] > 1 or name in pointed:
                raise PromptError(
                    f'duplicate bbox_object_id: {name} exists in point_object_ids or '
                    'bbox_object_ids'
                )
            if name in known:
                raise PromptError(f'duplicate bbox_object_id: {name} already exists')
        shown = _by_points(self, known)
        if len(boxes) + len(shown) + len(known) > most:
            raise PromptError(
                f'Number of objects exceeds the maximum limit of {most}; remove one, or raise '
                'max_num_objects'
            )
        for name in (*boxes, *(one.id for one in shown)):
            check_name(name)
        wanted = [
            Wanted(name, _box(name, box, size))
            for name, box in zip(boxes, self.bbox_coords, strict=True)
        ]
        for one in shown:
            _inside(one, size)
        return [*wanted, *shown]


def unknown_object(known: Collection[str]) -> str:
    """Return the answer to who wants to remove an object that is not followed."""
    return f'Failed to remove object; {followed_now(known)}'


def followed_now(known: Collection[Hashable]) -> str:
    """Return what is followed, in words."""
    return f'followed are {", ".join(map(repr, known))}' if known else 'nothing is followed'


def check_name(name: str) -> None:
    """Refuse what cannot be the name of an object that is followed."""
    if not name:
        raise PromptError('the name of an object is empty; give it one')
    if len(name) > _LONGEST:
        raise PromptError(
            f'the name of an object that begins {name[:20]!r} has {len(name)} characters; '
            f'{_LONGEST} or fewer are accepted'
        )


def _lengths(request: AddRequest) -> None:
    if len(request.bbox_coords) != len(request.bbox_object_ids):
        raise PromptError("Number of bbox_object_ids doesn't match number of bbox_coords")
    if len(request.point_coords) != len(request.point_object_ids):
        raise PromptError("Number of point_object_ids doesn't match number of point_coords")
    if len(request.point_coords) != len(request.point_labels):
        raise PromptError("Number of point labels doesn't match number of points")


def _by_points(request: AddRequest, known: Collection[str]) -> list[Wanted]:
    """Put the points of each object together."""
    found: dict[str, Wanted] = {}
    for name, point, label in zip(
        request.point_object_ids, request.point_coords, request.point_labels, strict=True
    ):
        if name in known:
            raise PromptError(f'duplicate point_object_id: {name} already exists.')
        one = found.setdefault(name, Wanted(name))
        one.points.append((float(point[0]), float(point[1])))
        one.labels.append(int(label))
        if len(one.labels) > MAX_POINTS:
            raise PromptError(
                f'Number of points for object {name} exceeds the maximum limit of {MAX_POINTS}'
            )
    return list(found.values())


def _box(name: str, given: tuple[float, float, float, float], size: Size) -> Floats:
    """Return a box that shows something of the image, which Isaac ROS does not ask for."""
    with np.errstate(over='ignore'):
        box = np.array(given, np.float32)
    if not np.isfinite(box).all() or box[0] >= box[2] or box[1] >= box[3]:
        raise PromptError(f'The box of object {name} is empty: {box.tolist()}')
    height, width = size
    if box[0] >= width or box[1] >= height or box[2] <= 0 or box[3] <= 0:
        raise PromptError(
            f'The box {box.tolist()} of object {name} lies outside of the image of '
            f'{width}x{height}'
        )
    return box


def _inside(one: Wanted, size: Size) -> None:
    height, width = size
    for (x, y), label in zip(one.points, one.labels, strict=True):
        if not (0 <= x < width and 0 <= y < height):
            raise PromptError(
                f'Point ({x:g}, {y:g}) of object {one.id} lies outside of the image of '
                f'{width}x{height}'
            )
        if label not in (0, 1):
            raise PromptError(
                f'The label of a point of object {one.id} is {label}; 1 (on the object) or 0 '
                '(beside it) is expected'
            )
