"""Prompts on the command line: `--box cat=x1,y1,x2,y2` and `--point cat=x,y,0`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
import math
from typing import Any, Final

from ...errors import ConfigError

_FORMS: Final = {'--box': '[NAME=]x1,y1,x2,y2', '--point': '[NAME=]x,y or [NAME=]x,y,0'}


@dataclass
class PromptedObject:
    """What was given of one object; without a name it gets a number."""

    name: str = ''
    box: list[float] | None = None
    points: list[list[float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)


def add_prompts(parser: argparse._ActionsContainer) -> None:
    """Declare `--box` and `--point`; they stay in the order in which they were given."""
    helps = {
        '--box': 'corners of an object, in pixels; again for another object. NAME= calls it so, '
        'and what has one name is one object',
        '--point': 'a point on the object, or with ,0 one beside it; again for more of the same '
        'object. NAME= as for --box; without it points belong to the only box, if there is one',
    }
    for option, form in _FORMS.items():
        parser.add_argument(
            option, dest='prompts', action='append', default=[], metavar=form.partition(' ')[0],
            type=_of(option), help=helps[option],
        )  # fmt: skip


def parse_objects(prompts: Sequence[tuple[str, str]]) -> list[PromptedObject]:
    """Return the objects that options and their texts show, in the order of their first one."""
    found: list[PromptedObject] = []
    for option, text in prompts:
        name, sign, rest = text.rpartition('=')
        numbers = _numbers(rest, option, text)
        if sign and not name.strip():
            raise ConfigError(f'{option} {text!r} has no name before the =; {_FORMS[option]}')
        if option == '--box':
            one = _named(found, name) if name else _new(found)
            if one.box is not None:
                raise ConfigError(
                    f'{option} {text!r} is a second box of {name!r}; an object has one. Give the '
                    'other another name'
                )
            one.box = numbers
        else:
            one = _named(found, name) if name else _unnamed(found)
            _add_point(one, numbers, option, text)
        one.typed.append(f'{option} {text}')
    return _joined(found)


def asked(objects: Sequence[PromptedObject]) -> dict[str, Any]:
    """Return the objects as `PromptableSegmenter.ask` takes them."""
    return {
        'points': [one.points or None for one in objects],
        'labels': [one.labels or None for one in objects],
        'boxes': [one.box for one in objects],
        'ids': [one.name or None for one in objects],
    }


def _of(option: str) -> Any:
    return lambda text: (option, text)


def _numbers(text: str, option: str, whole: str) -> list[float]:
    try:
        numbers = [float(word) for word in text.split(',')]
    except ValueError:
        numbers = []
    counts = (4,) if option == '--box' else (2, 3)
    if len(numbers) not in counts or not all(map(math.isfinite, numbers)):
        raise ConfigError(f'{option} is {whole!r}; {_FORMS[option]} is expected, in pixels')
    return numbers


def _add_point(one: PromptedObject, numbers: list[float], option: str, text: str) -> None:
    label = numbers[2] if len(numbers) == 3 else 1
    if label not in (0, 1):
        raise ConfigError(
            f'{option} {text!r} ends with {label:g}; 1 (on the object) or 0 (beside it) is '
            'expected'
        )
    one.points.append(numbers[:2])
    one.labels.append(int(label))


def _new(found: list[PromptedObject], name: str = '') -> PromptedObject:
    found.append(PromptedObject(name))
    return found[-1]


def _named(found: list[PromptedObject], name: str) -> PromptedObject:
    known = next((one for one in found if one.name == name), None)
    return known or _new(found, name)


def _unnamed(found: list[PromptedObject]) -> PromptedObject:
    """Return the object of the points without a name."""
    known = next((one for one in found if not one.name and one.box is None), None)
    return known or _new(found)


def _joined(found: list[PromptedObject]) -> list[PromptedObject]:
    """Put points without a name to the only box without one."""
    points = [one for one in found if not one.name and one.box is None]
    boxes = [one for one in found if not one.name and one.box is not None]
    if not (points and boxes):
        return found
    if len(boxes) > 1:
        raise ConfigError(
            f'a --point without a name came with {len(boxes)} boxes without one; names say which '
            'belong together: --box cat=1,2,30,40 --point cat=9,9'
        )
    boxes[0].points, boxes[0].labels = points[0].points, points[0].labels
    boxes[0].typed += points[0].typed
    return [one for one in found if one is not points[0]]
