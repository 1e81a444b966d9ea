"""What becomes of the boxes of a detector: new objects, and others that are found again."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from .following import Following
from .history import Moment
from .matching import Match, matched
from .place import Place
from .roster import Followed
from .showing import Showing
from ..errors import PromptError
from ..prompts import class_number

Floats = npt.NDArray[np.float32]

# So often in a row a detector has to miss what it brought before that makes room for another.
_STALE: Final = 10


@dataclass(frozen=True, eq=False)
class Plan:
    """
    What becomes of boxes: objects that are new, and boxes of those that are followed.

    `astray` are objects to be shown again by their boxes, `gone` those that make room. `names` has
    that of the object of each box, None where there is no room for it.
    """

    new: list[Showing]
    known: list[tuple[Followed, Floats]]
    astray: list[tuple[Followed, Floats]]
    gone: list[Hashable]
    names: list[Hashable | None]

    @property
    def agreed(self) -> list[tuple[Hashable, Floats]]:
        """Return the names of the objects that boxes are of, with their boxes."""
        owned = [(one.id, box) for one, box in (*self.known, *self.astray)]
        return owned + [(showing.id, showing.box) for showing in self.new]

    def to_wait(self, stamp: float | None) -> list[Showing]:
        """Return what boxes show in an image that is still to come."""
        owned = [
            Showing(one.id, one.class_id, box=box, stamp=stamp, is_new=False, is_found=True)
            for one, box in (*self.known, *self.astray)
        ]
        return [*(replace(one, stamp=stamp) for one in self.new), *owned]

    def add(self, index: int, owner: Followed, box: Floats, match: Match) -> None:
        """Note that a box is of an object, where it is the best one of it."""
        if index in match.first:
            (self.astray if index in match.astray else self.known).append((owner, box))


class Adoption:
    """Makes objects of the boxes of a detector, and finds names for them."""

    def __init__(self) -> None:
        """Begin to count."""
        self._count = 0

    def plan(
        self,
        given: npt.ArrayLike,
        class_ids: Sequence[int] | None,
        names: Sequence[str] | None,
        places: Sequence[Place],
        taken: Collection[Hashable],
        least: float,
        most: int,
    ) -> Plan:
        """Match boxes with objects; `taken` are the names of all, `most` how many there may be."""
        boxes = _checked(given)
        ids = [None] * len(boxes) if class_ids is None else class_ids
        classes = [class_number(one, f'box {index}') for index, one in enumerate(ids)]
        called = ['object'] * len(boxes) if names is None else list(names)
        if not len(boxes) == len(classes) == len(called):
            raise PromptError(
                f'{len(boxes)} boxes came with {len(classes)} classes and {len(called)} names; '
                'one for each is expected'
            )
        plan = Plan([], [], [], [], [])
        match = matched(boxes, classes, places, least)
        stale = [place.one for place in places if _is_stale(place.one, match.owners)]
        stale.sort(key=lambda one: one.missed)
        room = most - len(taken)
        for index, owner in enumerate(match.owners):
            if owner is not None:
                plan.add(index, owner, boxes[index], match)
                plan.names.append(owner.id)
            elif room > 0 or stale:
                if room <= 0:
                    plan.gone.append(stale.pop().id)
                room -= 1
                name = self._name(called[index], taken)
                plan.new.append(Showing(name, classes[index], box=boxes[index], is_found=True))
                plan.names.append(name)
            else:
                plan.names.append(None)
        return plan

    def _name(self, name: str, taken: Collection[Hashable]) -> str:
        while True:
            self._count += 1
            if f'{name}_{self._count}' not in taken:
                return f'{name}_{self._count}'


def carry_out_late(
    due: Sequence[Showing], following: Following, moment: Moment, least: float
) -> None:
    """
    Do what boxes are good for whose image was still to come, now that it is here.

    By now it is known where the objects are in it: a box may be of one that is followed, although
    it got a name of its own; and one that was taken for the box of another is nothing.
    """
    for _, found in groupby(due, key=lambda one: one.stamp):
        showings = list(found)
        boxes = _checked([one.box for one in showings])
        classes = [one.class_id for one in showings]
        match = matched(boxes, classes, following.places(moment), least)
        plan = Plan([], [], [], [], [])
        for index, (showing, owner) in enumerate(zip(showings, match.owners, strict=True)):
            if owner is not None:
                plan.add(index, owner, boxes[index], match)
            elif showing.is_new:
                plan.new.append(showing)
        carry_out(plan, following, moment)


def carry_out(plan: Plan, following: Following, moment: Moment) -> None:
    """Do what boxes of a frame are good for, or nothing where one of them cannot be right."""
    lost = [pair for pair in plan.known if following.is_lost(pair[0], moment)]
    again = [
        (owner, Showing(owner.id, box=box).prompt(moment.size), is_astray)
        for is_astray, pairs in ((True, plan.astray), (False, lost))
        for owner, box in pairs
        if owner.id in moment.answers
    ]
    new = [(showing, showing.prompt(moment.size)) for showing in plan.new]
    for name in plan.gone:
        following.remove(name)
    for owner, prompt, is_astray in again:
        following.correct(owner, prompt, moment, anew=is_astray, warn=False)
    following.start(new, moment)
    for one in following.roster:
        one.missed += 1
    for name, box in plan.agreed:
        following.roster[name].agree(box)
    for showing in plan.new:
        following.roster[showing.id].is_adopted = True


def _checked(given: npt.ArrayLike) -> Floats:
    """Return boxes, (N, 4); whether they fit the image is not looked at."""
    try:
        with np.errstate(over='ignore'):
            boxes = np.asarray(given, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise PromptError(f'boxes cannot be read as numbers: {error}') from error
    if not boxes.size:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise PromptError(
            f'boxes have the shape {list(boxes.shape)}; (N, 4) is expected, x1, y1, x2, y2 of '
            'each, all of them finite'
        )
    return boxes


def _is_stale(one: Followed, owners: Sequence[Followed | None]) -> bool:
    """Say whether an object may make room: a detector brought it, and does not see it any more."""
    is_free = all(owner is not one for owner in owners)
    return one.is_adopted and one.missed >= _STALE and is_free
