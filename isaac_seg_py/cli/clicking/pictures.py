"""Pictures of objects that were clicked on, with the clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import cv2
import numpy as np

from ..pictures.results import Outputs
from ..tracking.followed import FollowedMasks
from ...annotate.clicks import Clicks
from ...frames import Frame
from ...lettering import put_text
from ...panoptic import Found
from ...picture_files import Picture
from ...prompts import OBJECT
from ...track.tracked import Tracked

_WHITE: Final = (255, 255, 255)
_GREEN: Final = (40, 200, 40)
_RED: Final = (220, 30, 30)
_LINE: Final = 18


@dataclass(frozen=True, eq=False)
class ClickedMasks(FollowedMasks):
    """Objects that are followed, with the clicks of this picture."""

    clicks: Mapping[str, Clicks] = field(default_factory=dict)

    @classmethod
    def of_clicks(cls, tracked: Tracked, clicks: Mapping[str, Clicks]) -> ClickedMasks:
        """Return the objects that are followed, some of which were clicked on."""
        seen = cls.of_tracked(tracked)
        assert isinstance(seen, cls)
        return replace(seen, clicks=dict(clicks))

    def name_of(self, label: int) -> str:
        """Return the name of the object of a number, '' of none."""
        return self.class_names[label] if 0 < label < len(self.class_names) else ''

    def to_json(self) -> dict[str, Any]:
        """Return what is known of all objects, and their clicks."""
        told = super().to_json()
        for one in told['objects']:
            if one['id'] in self.clicks:
                one['clicks'] = self.clicks[one['id']].to_json()
        return told


@dataclass(frozen=True)
class ClickOutputs(Outputs):
    """Overlays with a dot for each click: green on an object, a red ring beside it."""

    def picture(self, kind: str, frame: Frame, found: Found) -> Any:
        """Return the coloured mask or the overlay."""
        picture = super().picture(kind, frame, found)
        if kind == 'overlay' and isinstance(found, ClickedMasks):
            _draw_clicks(picture, found)
        return picture


def with_words(picture: Picture, lines: Sequence[str]) -> Picture:
    """Return a picture with lines of words below it, for a window."""
    strip = np.zeros((_LINE * len(lines), picture.shape[1], 3), np.uint8)
    for number, words in enumerate(lines, 1):
        put_text(strip, words, (4, _LINE * number - 6), 0.42, _WHITE)
    return np.concatenate([picture, strip])


def _draw_clicks(picture: Picture, found: ClickedMasks) -> None:
    radius = max(3, round(min(found.size) / 120))
    for clicks in found.clicks.values():
        for (x, y), label in zip(clicks.points, clicks.labels, strict=True):
            place = int(x), int(y)
            cv2.circle(picture, place, radius + 1, _WHITE, -1, cv2.LINE_AA)
            inner = _GREEN if label == OBJECT else _RED
            cv2.circle(picture, place, radius, inner, -1, cv2.LINE_AA)
            if label != OBJECT:
                cv2.circle(picture, place, radius // 2, _WHITE, -1, cv2.LINE_AA)
