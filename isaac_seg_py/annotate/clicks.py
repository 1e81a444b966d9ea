"""What a person did on a picture to show one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import PromptError
from ..prompts import NOT_OBJECT, OBJECT

MOST_POINTS: Final = 100
# No picture reaches so far, and a whole number may be larger than any that computers count with.
_FAR: Final = 1e9


@dataclass(frozen=True)
class Clicks:
    """Points (x, y) with labels, 1 on the object and 0 beside it, and a box x1, y1, x2, y2."""

    points: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()
    box: tuple[float, float, float, float] | None = None

    @classmethod
    def from_json(cls, given: Any) -> Clicks:
        """Read what `to_json` gives; raise PromptError for anything else."""
        if not isinstance(given, Mapping) or set(given) != {'points', 'labels', 'box'}:
            raise PromptError('clicks came without form; points, labels and box are expected')
        points, labels, box = given['points'], given['labels'], given['box']
        if not isinstance(points, list) or not isinstance(labels, list):
            raise PromptError('points and labels are expected to be lists')
        if len(points) != len(labels) or len(points) > MOST_POINTS:
            raise PromptError(
                f'{len(points)} points came with {len(labels)} labels; as many of each are '
                f'expected, and {MOST_POINTS} at the most'
            )
        if any(type(one) is not int or one not in (OBJECT, NOT_OBJECT) for one in labels):
            raise PromptError('a label is not 1 (on the object) or 0 (beside it)')
        if not points and box is None:
            raise PromptError('no point and no box came; click on an object, or drag around it')
        pairs = [_numbers(point, 2, 'a point') for point in points]
        corners = None if box is None else _numbers(box, 4, 'the box')
        return cls(
            tuple((x, y) for x, y in pairs),
            tuple(labels),
            None if corners is None else (corners[0], corners[1], corners[2], corners[3]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            'points': [list(point) for point in self.points],
            'labels': list(self.labels),
            'box': None if self.box is None else list(self.box),
        }

    def prompts(self) -> dict[str, Any]:
        """Return what `PromptableSegmenter.ask` takes for one object."""
        return {
            'points': [list(self.points)],
            'labels': [list(self.labels)],
            'boxes': [self.box],
        }


def _numbers(given: Any, count: int, what: str) -> tuple[float, ...]:
    fine = (
        isinstance(given, list)
        and len(given) == count
        and all(type(one) in (int, float) and -_FAR < one < _FAR for one in given)
    )
    if not fine:
        raise PromptError(f'{what} is not {count} numbers')
    return tuple(float(one) for one in given)
