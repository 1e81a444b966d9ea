"""Boxes of a detector and objects that are followed: which belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Final

import numpy as np
import numpy.typing as npt

from .place import Place
from .roster import Followed
from ..decode.boxes import overlaps

Floats = npt.NDArray[np.float32]

# A box that fits an object so well is of it, even where another box fits it better.
_SAME: Final = 0.5
# How far from where a detector found it an object that went astray is looked for, in its
# diagonals: farther with each time that the detector missed it, up to so much.
_REACH: Final = 4.0
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Match:
    """
    The object that each box is of, None for what is new.

    `first` are the boxes that are the best of their object, and `astray` those whose object is
    followed somewhere else, where no box is.
    """

    owners: list[Followed | None]
    first: set[int]
    astray: set[int]


def matched(
    boxes: Floats, class_ids: Sequence[int], places: Sequence[Place], least: float
) -> Match:
    """
    Return which object each box (N, 4) is of.

    Of all pairs of the same class that fit by `least`, those go together first that fit best, now
    and with where a detector found the object before: of two that look alike both may be followed
    where one is. A box that is left over is one more of an object that it fits as well, or of one
    that no box fits although a detector found it about there: it was lost, or taken for another.
    """
    found = Match([None] * len(boxes), set(), set())
    if not places or not len(boxes):
        return found
    objects = [place.one for place in places]
    alike = np.asarray(class_ids)[:, np.newaxis] == [one.class_id for one in objects]
    fits = alike * np.array([[place.fit(box) for place in places] for box in boxes])
    steady = alike * np.array([[_steadiness(box, one) for one in objects] for box in boxes])
    near = alike * np.array([[_nearness(box, place) for place in places] for box in boxes])
    free = set(range(len(objects)))
    _pair(np.where(fits >= max(least, _TINY), fits + steady, 0), found, objects, free)
    for box, owner in enumerate(found.owners):
        if owner is None and fits[box].max() >= max(least, _SAME):
            found.owners[box] = objects[int(fits[box].argmax())]
    found.astray.update(_pair(near, found, objects, free))
    return found


def _pair(
    scores: npt.NDArray[np.float64], match: Match, objects: Sequence[Followed], free: set[int]
) -> list[int]:
    """Give boxes without an owner (rows) objects that are free (columns), the best first."""
    paired = []
    for index in np.argsort(-scores, axis=None, kind='stable').tolist():
        box, place = divmod(index, scores.shape[1])
        if scores[box, place] <= 0:
            break
        if match.owners[box] is None and place in free:
            free.discard(place)
            match.owners[box] = objects[place]
            paired.append(box)
    match.first.update(paired)
    return paired


def _steadiness(box: Floats, one: Followed) -> float:
    """Return the overlap of a box with that in which a detector found an object last."""
    return 0.0 if one.agreed is None else float(overlaps(box, one.agreed[np.newaxis])[0])


def _nearness(box: Floats, place: Place) -> float:
    """Return 1 where a box has the middle of that in which an object was found, 0 out of reach."""
    agreed = place.one.agreed
    # Who is followed where a detector found it last is not astray, but was missed.
    if agreed is None or (place.cells is not None and place.fit(agreed) >= _SAME):
        return 0.0
    apart = math.dist((box[:2] + box[2:]) / 2, (agreed[:2] + agreed[2:]) / 2)
    diagonal = max(math.dist(sides[:2], sides[2:]) for sides in (box, agreed))
    return max(1 - apart / (diagonal * min(1 + place.one.missed, _REACH)), 0.0)
