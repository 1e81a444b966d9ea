"""Objects that are followed through pictures, under names and in colours that they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import sys
from typing import Any

from .shown import ShownAt
from ..prompting.arguments import PromptedObject
from ...errors import ConfigError
from ...instance_masks import InstanceMasks
from ...track.colors import steady_colors
from ...track.feature_tracker import FeatureTracker
from ...track.tracked import Tracked
from ...track.tracker import VideoTracker


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


class FollowedObjects:
    """Follows what is shown through pictures that come one after the other."""

    def __init__(
        self, tracker: VideoTracker | FeatureTracker, shown: Sequence[ShownAt], rate: float
    ) -> None:
        """Take a tracker, what is shown to it, and how many pictures make up a second."""
        self._tracker, self._rate = tracker, rate
        self._due = list(shown)
        self._count = 0
        self._last = 0.0

    def __call__(self, image: Any, *, want_scores: bool = True) -> FollowedMasks:
        """Return the objects in the next picture."""
        time_s = self._count / self._rate
        self._count += 1
        return self.at(image, time_s)

    def at(self, image: Any, time_s: float) -> FollowedMasks:
        """Return the objects in the picture of a time."""
        self._last = time_s
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

    def tell_late(self) -> int:
        """Name what was to be shown after the last picture; return the exit code."""
        for one in self._due:
            names = ', '.join(shown.name for shown in one.objects)
            print(
                f'isaac-seg: the last picture is at {self._last:.4g} s; the prompt of '
                f'{one.time_s:g} s for {names} was not used',
                file=sys.stderr,
            )
        return int(bool(self._due))


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
