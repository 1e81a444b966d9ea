"""Classes of prompts are told in words; masks hold numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ..errors import PromptError
from ..prompts import MOST_CLASS

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
        # Those that are not known, in the order of their last use.
        self._told: dict[str, int] = {}
        self._most = min(_MOST_TEXTS, MOST_CLASS + 1 - self._known)
        self._names: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return what tells each class, by its number."""
        if self._names is None:
            last = max(self._texts, default=-1)
            self._names = tuple(self._texts.get(number, '') for number in range(last + 1))
        return self._names

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """
        Return the numbers of the classes of objects that are answered or followed now.

        For a new text without room the one goes that is unused for longest. Nothing changes where
        a PromptError is raised.
        """
        told = {text for text in texts if text in self._told or self._number_of(text) is None}
        if len(told) > self._most:
            raise PromptError(
                f'{len(told)} classes came at once; {self._most} beside those that are known are '
                'the most. Give objects names of classes, and names of their own as ids'
            )
        # Used now: none of these goes.
        for text in texts:
            self._number_of(text)
        found = []
        for text in texts:
            number = self._number_of(text)
            if number is None:
                if len(self._told) >= self._most:
                    self._forget(next(iter(self._told)))
                number = self._add(text)
            found.append(number)
        return found

    @contextmanager
    def tried(self, texts: Sequence[str], used: Iterable[int]) -> Iterator[list[int]]:
        """
        Give the numbers of classes that are wanted; after an error all is as it was.

        Those of the numbers `used` stay; see `numbers` for which go.
        """
        before = dict(self._told), dict(self._texts)
        kept = [self._texts[number] for number in used if number in self._texts]
        try:
            yield self.numbers([*kept, *texts])[len(kept) :]
        except BaseException:
            (self._told, self._texts), self._names = before, None
            raise

    def _number_of(self, text: str) -> int | None:
        if text in self._told:
            self._told[text] = self._told.pop(text)
            return self._told[text]
        if text in self._numbers:
            return self._numbers[text]
        told = _as_number(text)
        return told if 0 <= told < self._known else None

    def _add(self, text: str) -> int:
        number = _as_number(text)
        if number < 0 or number in self._texts:
            number = self._known
            while number in self._texts:
                number += 1
        self._told[text], self._texts[number] = number, text
        self._names = None
        return number

    def _forget(self, text: str) -> None:
        del self._texts[self._told.pop(text)]


def _as_number(text: str) -> int:
    """Return the number that a text is, -1 where it is none of a class."""
    number = int(text) if text.isdecimal() and len(text) <= 5 else -1
    return number if number <= MOST_CLASS else -1
