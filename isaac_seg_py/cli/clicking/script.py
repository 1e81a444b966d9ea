"""Clicks and keys from a file, in place of a person at a window."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Final

from .desk import ClickDesk, KEYS
from ...errors import ConfigError
from ...user_files import user_path

_BUTTONS: Final = ('left', 'right')
_FORMS: Final = '12 click 320,240 left, or 20 key n, or 20 key d 320,240'
_NUMBER: Final = re.compile(r'[0-9]{1,9}')


@dataclass(frozen=True)
class ScriptedEvent:
    """What is done on one picture: a click of a button, or a key, perhaps at a place."""

    picture: int
    button: str
    key: str
    place: tuple[int, int] | None
    line: str

    def do(self, desk: ClickDesk) -> None:
        """Do it."""
        if self.place is not None:
            desk.move(*self.place)
        if self.key:
            desk.key(self.key)
        else:
            desk.click(is_object=self.button == _BUTTONS[0])


class ClickScript:
    """Does on each picture what the lines of a file say of it."""

    def __init__(self, text: str) -> None:
        """Read the lines of a script; raise ConfigError for one that says nothing clear."""
        found = [
            _event(number, line.split())
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.lstrip().startswith('#')
        ]
        self._due = sorted(found, key=lambda one: one.picture)
        self._count = 0
        self._said: list[str] = []
        _check_pauses(self._due)

    @classmethod
    def read(cls, file: str) -> ClickScript:
        """Read a file."""
        try:
            return cls(user_path(file).read_text(encoding='utf-8'))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f'script {file!r} cannot be read: {error}') from error

    @property
    def remarks(self) -> list[str]:
        """Return what was said to lines, and which no picture has come for."""
        return [*self._said, *(f'{one.line!r}: no such picture came' for one in self._due)]

    @property
    def ends(self) -> bool:
        """Say whether the script asks for the end by itself."""
        return any(one.key == 'q' for one in self._due)

    def __call__(self, desk: ClickDesk) -> None:
        """Do what is due on the picture that the desk has taken."""
        while self._due and self._due[0].picture <= self._count and not desk.done:
            one = self._due.pop(0)
            one.do(desk)
            if desk.said:
                self._said.append(f'{one.line!r}: {desk.said}')
        self._count += 1


def _event(number: int, words: list[str]) -> ScriptedEvent:
    line = ' '.join(words)
    wrong = ConfigError(f'line {number} of the script is {line!r}; {_FORMS} is expected')
    if len(words) not in (3, 4) or not _NUMBER.fullmatch(words[0]):
        raise wrong
    picture, kind, *more = words
    if kind == 'click':
        button = more[1] if len(more) == 2 else _BUTTONS[0]
        if button not in _BUTTONS:
            raise wrong
        return ScriptedEvent(int(picture), button, '', _place(more[0], wrong), line)
    key = ' ' if more[0] == 'space' else more[0]
    if kind != 'key' or key not in KEYS:
        raise wrong
    place = _place(more[1], wrong) if len(more) == 2 else None
    return ScriptedEvent(int(picture), '', key, place, line)


def _place(text: str, wrong: ConfigError) -> tuple[int, int]:
    numbers = text.split(',')
    if len(numbers) != 2 or not all(map(_NUMBER.fullmatch, numbers)):
        raise wrong
    return int(numbers[0]), int(numbers[1])


def _check_pauses(events: list[ScriptedEvent]) -> None:
    """Refuse a script that pauses and does not go on with the same picture: it would for ever."""
    pauses = [one for one in events if one.key == ' ']
    for one, other in zip(pauses[::2], [*pauses[1::2], None], strict=False):
        if other is None or other.picture != one.picture:
            raise ConfigError(
                f'the script pauses with {one.line!r} and does not go on; a second one of the '
                'same picture is expected'
            )
