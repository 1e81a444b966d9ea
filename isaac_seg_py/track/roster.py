"""Who is followed: names, and the rows of the bank that go with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import PromptError
from ..families.sam2_requests import followed_now

Floats = npt.NDArray[np.float32]


@dataclass
class Followed:
    """
    One object: its row in the bank, and when and where it was seen.

    `agreed` is the box in which a detector found it last, None where none has, and `missed` how
    often it was not found since. `is_adopted` says that a detector brought it.
    """

    id: Hashable
    row: int
    class_id: int
    added: float
    last_seen: float
    box: Floats | None = None
    agreed: Floats | None = None
    missed: int = 0
    is_adopted: bool = False

    @property
    def label(self) -> int:
        """Return its number in the label image."""
        return self.row + 1

    def agree(self, box: Floats) -> None:
        """Note where a detector found it."""
        self.agreed, self.missed = box, 0


class Roster:
    """The objects in the order in which they were added. A row stays theirs to the end."""

    def __init__(self, most: int) -> None:
        """Make room for so many."""
        self.most = most
        self._objects: dict[Hashable, Followed] = {}

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._objects)

    def __iter__(self) -> Iterator[Followed]:
        """Iterate over the objects, the first added first."""
        return iter(self._objects.values())

    def __contains__(self, name: object) -> bool:
        """Say whether there is an object of that name."""
        return name in self._objects

    def __getitem__(self, name: Hashable) -> Followed:
        """Return the object of that name."""
        found = self._objects.get(name)
        if found is None:
            raise PromptError(f'no object {name!r} is followed; {followed_now(self._objects)}')
        return found

    @property
    def rows(self) -> list[int]:
        """Return the rows of the objects."""
        return [one.row for one in self]

    def add(self, name: Hashable, class_id: int, stamp: float) -> Followed:
        """Take an object up, in the first row that is free."""
        if len(self) >= self.most:
            raise PromptError(
                f'object {name!r} finds no room beside {len(self)} others; remove one'
            )
        taken = set(self.rows)
        row = next(row for row in range(self.most) if row not in taken)
        self._objects[name] = Followed(name, row, class_id, stamp, stamp)
        return self._objects[name]

    def remove(self, name: Hashable) -> Followed:
        """Let an object go; its row is free."""
        found = self[name]
        del self._objects[name]
        return found

    def rename(self, old: Hashable, new: Hashable) -> None:
        """Give an object another name, at the same place."""
        self[old].id = new
        self._objects = {one.id: one for one in self._objects.values()}
