"""What is shown in images that are still to come."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import replace

import numpy as np

from .place import Place
from .roster import Followed
from .showing import Showing
from ..geometry import Size


class Waiting:
    """Objects and corrections in the order in which they came, until their image is here."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._showings: list[Showing] = []

    @property
    def names(self) -> list[Hashable]:
        """Return the names of the objects that are new."""
        return [one.id for one in self._showings if one.is_new]

    @property
    def class_ids(self) -> set[int]:
        """Return the classes of the objects that are new."""
        return {one.class_id for one in self._showings if one.is_new}

    @property
    def places(self) -> list[Place]:
        """Return where objects will be that boxes show."""
        boxed = [one for one in self._showings if one.box is not None]
        boxes = [np.asarray(one.box, np.float32) for one in boxed]
        return [
            Place.unseen(Followed(one.id, -1, one.class_id, 0.0, 0.0, box))
            for one, box in zip(boxed, boxes, strict=True)
        ]

    def add(self, *showings: Showing, size: Size | None) -> None:
        """Take all or none; where the size of images is known, what cannot be is refused."""
        if size is not None:
            for one in showings:
                one.prompt(size)
        # Of one that is followed only the latest box counts, so that this cannot grow for ever.
        older = {one.id for one in showings if one.is_found}
        self._showings = [
            one for one in self._showings if one.is_new or not one.is_found or one.id not in older
        ]
        self._showings += showings

    def due(self, stamp: float) -> list[Showing]:
        """Return what is to be shown in the image of a stamp."""
        return [one for one in self._showings if one.stamp is None or one.stamp <= stamp]

    def drop(self, done: Collection[Showing]) -> None:
        """Let go of what was shown."""
        self._showings = [one for one in self._showings if one not in done]

    def forget(self, name: Hashable) -> bool:
        """Let go of an object and its corrections; say whether there were any."""
        count = len(self._showings)
        self._showings = [one for one in self._showings if one.id != name]
        return len(self._showings) < count

    def rename(self, old: Hashable, new: Hashable) -> None:
        """Give an object another name."""
        self._showings = [replace(one, id=new) if one.id == old else one for one in self._showings]

    def hasten(self, after: float, stamp: float) -> None:
        """Show at a stamp what waits for images after a time."""
        self._showings = [
            replace(one, stamp=stamp) if one.stamp is not None and one.stamp > after else one
            for one in self._showings
        ]
