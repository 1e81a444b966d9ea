"""Objects that `isaac-seg track` is shown, at the times at which it is shown them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
import math

from ..prompting.arguments import add_prompts, parse_objects, PromptedObject
from ...errors import ConfigError


@dataclass(frozen=True)
class ShownAt:
    """What is shown in the first picture from a time on, in seconds."""

    time_s: float
    objects: tuple[PromptedObject, ...]


def add_shown(group: argparse._ActionsContainer) -> None:
    """Declare `--box`, `--point` and `--at`."""
    add_prompts(group)
    group.add_argument(
        '--at', dest='prompts', action='append', metavar='SECONDS',
        type=lambda text: ('--at', text),
        help='stands before the prompts that it is for: they are shown at that time of the video '
        '(the first picture); an object that is followed already is corrected',
    )  # fmt: skip


def shown_at(prompts: Sequence[tuple[str, str]]) -> list[ShownAt]:
    """Return what is shown at which time, the earliest first; each object has a name."""
    groups: dict[float, list[tuple[str, str]]] = {}
    time_s = 0.0
    for option, text in prompts:
        if option == '--at':
            time_s = _seconds(text)
        else:
            groups.setdefault(time_s, []).append((option, text))
    if not groups:
        raise ConfigError(
            'nothing is shown that could be followed; give --box cup=x1,y1,x2,y2 or '
            '--point cup=x,y'
        )
    for (option, text), (after, _) in pairwise([*prompts, ('--at', '')]):
        if option == after == '--at':
            raise ConfigError(
                f'no --box or --point follows --at {text}; it stands before the prompts that it '
                'is for'
            )
    found, count = [], 0
    for time_s in sorted(groups):
        objects = parse_objects(groups[time_s])
        for one in objects:
            if not one.name:
                count += 1
                one.name = f'object_{count}'
        found.append(ShownAt(time_s, tuple(objects)))
    return found


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise ConfigError(f'--at is {text!r}; seconds from 0 on are expected')
    return found
