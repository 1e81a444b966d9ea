"""Prompts: which object of an image is meant."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .errors import PromptError
from .geometry import Size

Floats = npt.NDArray[np.float32]
OBJECT, NOT_OBJECT = 1, 0
# A mask of 16 bits has one number more, which stands for no object.
MOST_CLASS: Final = 65534


@dataclass(frozen=True, eq=False)
class Prompt:
    """
    What shows one object: points on it and beside it, a box around it, an earlier mask of it.

    `points` is (N, 2) x, y and `labels` (N,), 1 on the object and 0 beside it; `box` is (4,)
    x1, y1, x2, y2; all in pixels of the image. `mask` is a network's own coarse answer, (h, w).
    """

    points: Floats
    labels: npt.NDArray[np.int64]
    box: Floats | None = None
    mask: Floats | None = None
    id: Hashable = 0
    class_id: int = 0

    @property
    def is_ambiguous(self) -> bool:
        """Say whether a part or the whole may be meant: one point and nothing else."""
        return len(self.points) <= 1 and self.box is None and self.mask is None


def make_prompts(
    size: Size,
    *,
    points: Sequence[Any] | None = None,
    labels: Sequence[Any] | None = None,
    boxes: Sequence[Any] | None = None,
    masks: Sequence[Any] | None = None,
    ids: Sequence[Hashable] | None = None,
    class_ids: Sequence[int] | None = None,
    corrects: bool = False,
    called: str = '',
) -> list[Prompt]:
    """
    Return a checked prompt for each object of an image of (height, width).

    Each list has an entry for each object, or is left out; an entry may be None. An object has one
    point (x, y) or several, labels to match (1 where they are left out), and at most one box.
    `corrects` says that the objects are known: points beside them are then enough. `called` is
    what errors call a single object.
    """
    given: dict[str, Sequence[Any] | None] = {
        'points': points,
        'labels': labels,
        'boxes': boxes,
        'masks': masks,
        'ids': ids,
        'class_ids': class_ids,
    }
    objects = _number_of_objects(given)
    columns = [values if values is not None else [None] * objects for values in given.values()]
    numbered = _ids(columns[4])
    prompts = []
    for index, (point, label, box, mask, name, class_id) in enumerate(zip(*columns, strict=True)):
        where = called or f'object {index if name is None else name!r}'
        prompt = Prompt(
            *_points(point, label, size, where),
            None if box is None else _box(box, size, where),
            None if mask is None else _mask(mask, where),
            numbered[index],
            class_number(class_id, where),
        )
        _check_shown(prompt, where, corrects=corrects)
        prompts.append(prompt)
    return prompts


def _number_of_objects(given: Mapping[str, Sequence[Any] | None]) -> int:
    """Return how many objects the lists are of, which all must agree on."""
    lengths = {name: _length(values, name) for name, values in given.items() if values is not None}
    objects = max((lengths.get(name, 0) for name in ('points', 'boxes', 'masks')), default=0)
    for name, length in lengths.items():
        if length != objects:
            raise PromptError(
                f'{name} has {length} entries for {objects} objects; one for each is expected, '
                'and labels go with points'
            )
    return objects


def _check_shown(prompt: Prompt, where: str, *, corrects: bool) -> None:
    """Refuse what shows no object."""
    if prompt.box is not None or prompt.mask is not None:
        return
    if not len(prompt.points):
        raise PromptError(f'{where} has no point, no box and no mask; one of them is needed')
    if not corrects and not (prompt.labels == OBJECT).any():
        raise PromptError(
            f'{where} has only points beside it; an object needs a point on it, or a box'
        )


def _length(values: Sequence[Any], name: str) -> int:
    try:
        return len(values)
    except TypeError as error:
        raise PromptError(
            f'{name} is {values!r}; a list with an entry for each object is expected'
        ) from error


def _ids(given: Sequence[Any]) -> list[Hashable]:
    """Return an id for each object: those without one are numbered, with numbers that are free."""
    for one in given:
        try:
            hash(one)
        except TypeError as error:
            raise PromptError(f'an id is {one!r}; a number or a name is expected') from error
    named = [one for one in given if one is not None]
    taken = set(named)
    if len(taken) != len(named):
        raise PromptError(f'ids are {named}; each object needs one of its own')
    found: list[Hashable] = []
    for place, one in enumerate(given, 1):
        number: Hashable = one
        if one is None:
            # Its place where that is free, else the first number behind all places.
            number = next(n for n in chain([place], count(len(given) + 1)) if n not in taken)
            taken.add(number)
        found.append(number)
    return found


def class_number(given: Any, where: str) -> int:
    """Return the number of a class, 0 where none is given."""
    if given is None:
        return 0
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, np.integer)):
        raise PromptError(f'the class of {where} is {given!r}; a whole number is expected')
    if not 0 <= given <= MOST_CLASS:
        raise PromptError(f'the class of {where} is {given}; 0 to {MOST_CLASS} is expected')
    return int(given)


def _points(
    given: Any, signs: Any, size: Size, where: str
) -> tuple[Floats, npt.NDArray[np.int64]]:
    points = _numbers([] if given is None else given, f'points of {where}')
    points = points.reshape(0, 2) if points.size == 0 else np.atleast_2d(points)
    if points.ndim != 2 or points.shape[1] != 2:
        raise PromptError(
            f'points of {where} have shape {list(points.shape)}; (x, y) or a list of them expected'
        )
    height, width = size
    outside = (points < 0) | (points >= (width, height))
    if outside.any():
        x, y = points[outside.any(1)][0]
        raise PromptError(
            f'point ({x:g}, {y:g}) of {where} lies outside of the image of {width}x{height}'
        )
    if signs is None:
        return points, np.ones(len(points), np.int64)
    labels = np.atleast_1d(_numbers(signs, f'labels of {where}'))
    if labels.shape != (len(points),) or not np.isin(labels, (OBJECT, NOT_OBJECT)).all():
        raise PromptError(
            f'labels of {where} are {labels.tolist()} for {len(points)} points; for each point '
            '1 (on the object) or 0 (beside it) is expected'
        )
    return points, labels.astype(np.int64)


def _box(given: Any, size: Size, where: str) -> Floats:
    """Return a box cut to the image."""
    box = _numbers(given, f'the box of {where}').reshape(-1)
    if box.shape != (4,) or not (box[0] < box[2] and box[1] < box[3]):
        raise PromptError(
            f'the box of {where} is {box.tolist()}; x1, y1, x2, y2 with x1 < x2 and y1 < y2 is '
            'expected'
        )
    height, width = size
    inside = box.clip(0, (width, height, width, height))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise PromptError(
            f'the box {box.tolist()} of {where} lies outside of the image of {width}x{height}'
        )
    return inside


def _mask(given: Any, where: str) -> Floats:
    mask = _numbers(given, f'the mask of {where}')
    if mask.ndim != 2 or 0 in mask.shape:
        raise PromptError(
            f'the mask of {where} has shape {list(mask.shape)}; (height, width) is expected'
        )
    return mask


def _numbers(given: Any, what: str) -> Floats:
    try:
        # What is too large for float32 becomes infinite, and is refused as that.
        with np.errstate(over='ignore'):
            numbers = np.asarray(given, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise PromptError(f'{what} cannot be read as numbers: {error}') from error
    if not np.isfinite(numbers).all():
        raise PromptError(f'{what} have a number that is NaN or infinite')
    return numbers
