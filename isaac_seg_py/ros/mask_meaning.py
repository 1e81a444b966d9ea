"""What the numbers in a mask stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .detections import Detection, LocatedObject
from ..blend import class_name
from ..spatial import Located

_MOST: Final = 1 << 16
# The class of an object of which nobody said a class that is known.
_NO_CLASS: Final = _MOST - 1


class MaskMeaning:
    """Knows the names of classes and, where the numbers are objects, the detections they are."""

    def __init__(
        self, names: Sequence[str], detections: Iterable[Detection] | None = None
    ) -> None:
        """Take the names; without detections the numbers are classes."""
        self._names = names
        self._by_id = None if detections is None else {one.id: one for one in detections}

    def named(self, place: Located) -> LocatedObject:
        """Return what a number stands for, with its place; a class has score 1."""
        number = str(place.label)
        if self._by_id is None:
            return LocatedObject(number, class_name(self._names, place.label), 1.0, place)
        known = self._by_id.get(number)
        if known is None:
            return LocatedObject(number, '', 0.0, place)
        return LocatedObject(number, known.class_id, known.score, place)

    def class_table(self) -> npt.NDArray[Any] | None:
        """Return the number of the class of each object, None where the numbers are classes."""
        if self._by_id is None:
            return None
        table = np.full(_MOST, _NO_CLASS, np.uint32)
        for one in self._by_id.values():
            number = _number(one.id)
            if number is not None:
                table[number] = self._class_of(one.class_id)
        return table

    def _class_of(self, class_id: str) -> int:
        if class_id in self._names:
            return self._names.index(class_id)
        number = _number(class_id.removeprefix('class '))
        return _NO_CLASS if number is None else number


def _number(text: str) -> int | None:
    """Return the number that a text is, None where it is none that a mask can hold."""
    return int(text) if len(text) <= 5 and text.isdecimal() and int(text) < _MOST else None
