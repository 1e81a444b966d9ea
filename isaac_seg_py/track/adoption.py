"""Boxes of a detector and objects that are followed: which belong together."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .roster import Followed
from .showing import Showing
from ..decode.boxes import overlaps
from ..errors import PromptError

Floats = npt.NDArray[np.float32]
Placed = tuple[Followed, Floats | None]


def matched(
    boxes: Floats, class_ids: Sequence[int], objects: Sequence[Placed], least: float
) -> list[Followed | None]:
    """
    Return for each box (N, 4) the object that it is of, None for what is new.

    Objects come with their boxes, None where they were not seen yet. Of all pairs of the same
    class that overlap by `least`, intersection over union, those that overlap most go together
    first.
    """
    found: list[Followed | None] = [None] * len(boxes)
    known = [(one, box) for one, box in objects if box is not None]
    if not known or not len(boxes):
        return found
    places = np.stack([box for _, box in known])
    shares = np.stack([overlaps(box, places) for box in boxes])
    classes = np.array([one.class_id for one, _ in known])
    shares[np.array(class_ids)[:, np.newaxis] != classes] = 0
    while True:
        best = int(shares.argmax())
        box, place = divmod(best, len(known))
        if shares[box, place] <= 0 or shares[box, place] < least:
            return found
        found[box] = known[place][0]
        shares[box], shares[:, place] = 0, 0


@dataclass(frozen=True, eq=False)
class Plan:
    """
    What becomes of boxes: objects that are new, and boxes of those that are followed.

    `names` has that of the object of each box, None where there is no room for it.
    """

    new: list[Showing]
    known: list[tuple[Followed, Floats]]
    names: list[Hashable | None]


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
        objects: Sequence[Placed],
        taken: Collection[Hashable],
        least: float,
        most: int,
    ) -> Plan:
        """Match boxes with objects; `taken` are the names of all, `most` how many there may be."""
        boxes = np.asarray(given, np.float32).reshape(-1, 4)
        classes = [0] * len(boxes) if class_ids is None else [int(one) for one in class_ids]
        called = ['object'] * len(boxes) if names is None else list(names)
        if not len(boxes) == len(classes) == len(called):
            raise PromptError(
                f'{len(boxes)} boxes came with {len(classes)} classes and {len(called)} names; '
                'one for each is expected'
            )
        plan = Plan([], [], [])
        owners = matched(boxes, classes, objects, least)
        for box, class_id, name, owner in zip(boxes, classes, called, owners, strict=True):
            if owner is not None:
                plan.known.append((owner, box))
                plan.names.append(owner.id)
            elif len(taken) + len(plan.new) < most:
                plan.new.append(Showing(self._name(name, taken), class_id, box=box))
                plan.names.append(plan.new[-1].id)
            else:
                plan.names.append(None)
        return plan

    def _name(self, name: str, taken: Collection[Hashable]) -> str:
        while True:
            self._count += 1
            if f'{name}_{self._count}' not in taken:
                return f'{name}_{self._count}'
