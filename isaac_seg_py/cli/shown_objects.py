"""Objects that `isaac-seg track` is shown, at the times at which it is shown them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
import math
from typing import Any

from .prompt_arguments import add_prompts, parse_objects, PromptedObject
from ..errors import ConfigError
from ..instance_masks import InstanceMasks
from ..track.colors import steady_colors
from ..track.feature_tracker import FeatureTracker
from ..track.tracked import Tracked
from ..track.tracker import VideoTracker


@dataclass(frozen=True)
class ShownAt:
    """What is shown in the first picture from a time on, in seconds."""

    time_s: float
    objects: tuple[PromptedObject, ...]


@dataclass(frozen=True, eq=False)
class FollowedMasks(InstanceMasks):
    """The objects of a picture under the names and in the colours that they keep."""

    tracked: Tracked | None = None

    @classmethod
    def of_tracked(cls, tracked: Tracked) -> FollowedMasks:
        """Return the objects that are followed; their names stand where classes would."""
        numbers = tracked.labels.astype('int64')
        names = [''] * (int(numbers.max(initial=0)) + 1)
        for number, name in zip(numbers, tracked.ids, strict=True):
            names[number] = str(name)
        named = replace(tracked.objects, class_ids=numbers, class_names=tuple(names))
        shown = steady_colors(named, tracked.labels)
        fields = {name: getattr(shown, name) for name in InstanceMasks.__dataclass_fields__}
        return cls(**fields, tracked=replace(tracked, objects=named))

    @property
    def labels(self) -> Any:
        """Return (H, W) uint16 with the number that an object keeps at each of its pixels."""
        return self.tracked.label_image() if self.tracked else self.label_image()

    def to_json(self) -> dict[str, Any]:
        """Return what is known of all objects, those too that are not seen."""
        told = self.tracked.to_json() if self.tracked else super().to_json()
        return {name: told[name] for name in ('size', 'objects')}


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


class FollowedObjects:
    """Follows what is shown through pictures that come one after the other."""

    def __init__(
        self, tracker: VideoTracker | FeatureTracker, shown: Sequence[ShownAt], rate: float
    ) -> None:
        """Take a tracker, what is shown to it, and how many pictures make up a second."""
        self._tracker, self._rate = tracker, rate
        self._due = list(shown)
        self._count = 0

    @property
    def late(self) -> list[ShownAt]:
        """Return what no picture has come for."""
        return self._due

    def __call__(self, image: Any, *, want_scores: bool = True) -> FollowedMasks:
        """Return the objects in the next picture."""
        time_s = self._count / self._rate
        self._count += 1
        return self.at(image, time_s)

    def at(self, image: Any, time_s: float) -> FollowedMasks:
        """Return the objects in the picture of a time."""
        due = [one for one in self._due if one.time_s <= time_s]
        self._due = self._due[len(due) :]
        known = set(self._tracker.ids)
        for one in _together(due):
            given: dict[str, Any] = {'box': one.box, 'points': one.points or None,
                                     'labels': one.labels or None}  # fmt: skip
            if one.name in known:
                self._tracker.update(one.name, **given, stamp=time_s)
            else:
                self._tracker.add(one.name, **given)
        seen = self._tracker.track(image, time_s)
        if seen.refused:
            # It names the object.
            _, reason = seen.refused[0]
            raise ConfigError(reason)
        return FollowedMasks.of_tracked(seen)


def _together(due: Sequence[ShownAt]) -> list[PromptedObject]:
    """Return each object once, as it is shown in the end: a later box begins anew."""
    found: dict[str, PromptedObject] = {}
    for one in (one for group in due for one in group.objects):
        known = found.get(one.name)
        if known is not None and one.box is None:
            one = replace(
                known, points=known.points + one.points, labels=known.labels + one.labels
            )
        found[one.name] = one
    return list(found.values())


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise ConfigError(f'--at is {text!r}; seconds from 0 on are expected')
    return found
