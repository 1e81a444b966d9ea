"""Objects that another program found in pictures, as prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .arguments import asked, PromptedObject
from .coco_entries import category_number, CocoEntries, Entry
from .keypoints import find_parts, PARTS, Pose, pose_prompts
from ...errors import ConfigError, PromptError
from ...evaluation.coco_numbers import box_corners, is_number
from ...frames import Frame
from ...geometry import Size
from ...prompts import make_prompts

THRESHOLD: Final = 0.5
KEYPOINT_THRESHOLD: Final = 0.3
_NAMED: Final = 3


@dataclass(frozen=True)
class FoundObject:
    """One object as a file shows it; `score` is the other program's, None where it has none."""

    prompt: PromptedObject
    category: int
    score: float | None

    def to_json(self) -> dict[str, Any]:
        """Return what showed the object, as plain types."""
        one = self.prompt
        shown = {'box': one.box} if one.box else {'points': one.points, 'labels': one.labels}
        return shown if self.score is None else {**shown, 'score': self.score}


class FoundObjects:
    """Reads the boxes or the key points of a file, picture by picture."""

    def __init__(
        self,
        path: Path,
        about: Path | None = None,
        *,
        as_poses: bool = False,
        threshold: float = THRESHOLD,
        parts: str = 'all',
        keypoint_threshold: float = KEYPOINT_THRESHOLD,
    ) -> None:
        """Read a file; `about` is an annotation file that a list of results refers to."""
        self._entries = CocoEntries(path, about)
        self._as_poses, self._parts = as_poses, parts
        self._least = threshold
        # What is seen is marked in annotations, by people.
        self._least_seen = None if self._entries.is_truth else keypoint_threshold
        known = self._entries.categories
        count = max(known, default=-1) + 1
        self.class_names = tuple(str(known[n]['name']) if n in known else '' for n in range(count))
        self._empty: list[str] = []
        self._misfits, self._pictures = 0, 0
        if as_poses:
            for number in known or (0,):
                find_parts(parts, self._names_of(number))

    def of(self, frame: Frame) -> list[FoundObject]:
        """Return the objects of a picture that can be shown to a network."""
        size = frame.image.shape[0], frame.image.shape[1]
        wanted = [one for one in self._entries.of(frame) if self._is_wanted(one)]
        shown = self._poses(wanted, size) if self._as_poses else map(self._box, wanted)
        found = [
            FoundObject(prompt, self._category(entry), entry.get('score'))
            for entry, prompt in zip(wanted, shown, strict=True)
            if _fits(prompt, size)
        ]
        self._misfits += len(wanted) - len(found)
        self._pictures += 1
        if not found:
            self._empty.append(frame.name)
        return found

    @property
    def remarks(self) -> list[str]:
        """Return what a person should know of the pictures so far."""
        path, said = self._entries.path, []
        if self._empty:
            first = ', '.join(self._empty[:_NAMED])
            more = len(self._empty) - _NAMED
            said.append(
                f'{len(self._empty)} of {self._pictures} pictures have no object in {str(path)!r}'
                f'{f" with a score from {self._least:g} on"}: {first}'
                f'{f" and {more} more" if more > 0 else ""}'
            )
        if self._misfits:
            said.append(
                f'{self._misfits} object{"s" * (self._misfits != 1)} of {str(path)!r} passed '
                'over: empty, or outside of the picture'
            )
        return said

    def _is_wanted(self, entry: Entry) -> bool:
        score = entry.get('score')
        if score is not None and not is_number(score):
            raise self._wrong(f'score {repr(score)[:60]}; a number')
        return not entry.get('iscrowd') and (score is None or score >= self._least)

    def _box(self, entry: Entry) -> PromptedObject:
        given = entry.get('bbox')
        box = box_corners(given)
        if box is None:
            raise self._wrong(f'bbox {repr(given)[:60]}; [x, y, width, height]')
        return PromptedObject(box=list(box))

    def _poses(self, entries: Sequence[Entry], size: Size) -> list[PromptedObject]:
        poses = [Pose.of(one, size, self._least_seen) for one in entries]
        for entry, pose in zip(entries, poses, strict=True):
            count = len(self._names_of(self._category(entry)))
            if len(pose.points) != count:
                raise self._wrong(f'{len(pose.points)} key points; {count}')
        parts = [find_parts(self._parts, self._names_of(self._category(one))) for one in entries]
        shown = pose_prompts(poses, parts)
        return [PromptedObject(points=points, labels=labels) for points, labels in shown]

    def _names_of(self, category: int) -> Sequence[str]:
        """Return the names of the key points of a category."""
        named = self._entries.categories.get(category, {}).get('keypoints')
        return named if isinstance(named, list) and named else PARTS

    def _category(self, entry: Entry) -> int:
        return category_number(entry['category_id'], self._entries.path)

    def _wrong(self, what: str) -> ConfigError:
        return ConfigError(f'{str(self._entries.path)!r} has an object with {what} is expected')


def _fits(one: PromptedObject, size: Size) -> bool:
    """Say whether an object can be shown in a picture of (height, width)."""
    if one.box is None and not one.points:
        return False
    try:
        make_prompts(size, **asked([one]))
    except PromptError:
        return False
    return True
