"""Classes of prompts are told in words; masks hold numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..errors import PromptError

# A mask of 16 bits has one number more, which stands for no object.
_MOST_NUMBER: Final = 65534
_MOST_TEXTS: Final = 4096


class ClassNumbers:
    """
    Gives each text that tells a class a number, which it keeps.

    A name that is known has its number, and a number told as text is that number where it is free.
    All others are numbered behind those, as they come.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Take the names of the classes that are known, by their number."""
        self._known = len(names)
        self._texts = {number: name for number, name in enumerate(names) if name}
        self._numbers = {name: number for number, name in self._texts.items()}
        self._names: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return what tells each class, by its number."""
        if self._names is None:
            last = max(self._texts, default=-1)
            self._names = tuple(self._texts.get(number, '') for number in range(last + 1))
        return self._names

    def number(self, text: str) -> int:
        """Return the number of the class that a text tells."""
        known = self._numbers.get(text)
        if known is not None:
            return known
        told = int(text) if text.isdecimal() and len(text) <= 5 else -1
        if 0 <= told < self._known:
            return told
        if len(self._numbers) >= _MOST_TEXTS:
            raise PromptError(
                f'class {text[:40]!r} came after {_MOST_TEXTS} others; give objects names of '
                'classes, and names of their own as ids'
            )
        if not 0 <= told <= _MOST_NUMBER or told in self._texts:
            told = self._known
            while told in self._texts:
                told += 1
        self._numbers[text], self._texts[told] = told, text
        self._names = None
        return told
