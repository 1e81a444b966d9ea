"""How an object is shown: checked against the image that it is shown in."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
import logging
from numbers import Real
import sys
from typing import Any, Final

import numpy as np

from ..errors import PromptError
from ..families.sam2_shapes import MAX_TOKENS
from ..geometry import Size
from ..prompts import class_number, Floats, make_prompts, Prompt

_LOG: Final = logging.getLogger(__name__)
_LEAST_INSIDE: Final = 0.5


@dataclass(frozen=True, eq=False)
class Showing:
    """
    An object as a user shows it, or a detector, for an image that may still be to come.

    Who `is_found` by a detector may turn out to be one that is followed already.
    """

    id: Hashable
    class_id: int = 0
    points: Any = None
    labels: Any = None
    box: Any = None
    mask: Any = None
    stamp: float | None = None
    is_new: bool = True
    is_found: bool = False

    def __post_init__(self) -> None:
        """Check what is right or wrong in any image."""
        class_number(self.class_id, f'object {self.id!r}')
        check_stamp(self.stamp)

    def prompt(self, size: Size, *, warn: bool = False) -> Prompt:
        """
        Return the prompt for an image of (height, width); raise PromptError for a misfit.

        `warn` is for what a person typed: that most of a box lies outside is then told.
        """
        lists: dict[str, Any] = {
            name: None if value is None else [value]
            for name, value in (
                ('points', self.points), ('labels', self.labels), ('boxes', self.box),
                ('masks', self.mask), ('ids', self.id), ('class_ids', self.class_id),
            )
        }  # fmt: skip
        if self.points is None and self.box is None and self.mask is None:
            raise PromptError(
                f'object {self.id!r} has no point, no box and no mask; one is needed'
            )
        # What is followed may be corrected by points beside it alone.
        (prompt,) = make_prompts(size, **lists, corrects=not self.is_new)
        if prompt.mask is not None:
            prompt = replace(prompt, mask=_whole(prompt, size))
        if warn and prompt.box is not None:
            self._warn_of_cut(prompt.box, size)
        return _bounded(prompt)

    def _warn_of_cut(self, inside: Floats, size: Size) -> None:
        whole, left = (
            (x2 - x1) * (y2 - y1)
            for x1, y1, x2, y2 in (
                np.asarray(box, np.float64).ravel() for box in (self.box, inside)
            )
        )
        if left < _LEAST_INSIDE * whole:
            height, width = size
            _LOG.warning(
                'the box of object %r is cut by the image of %dx%d: %.0f %% of it lies outside. '
                'Is it in pixels of this image?', self.id, width, height, 100 * (1 - left / whole),
            )  # fmt: skip


def check_stamp(stamp: Any) -> None:
    """Refuse what tells no time: without a stamp it is None."""
    is_number = isinstance(stamp, Real) and not isinstance(stamp, bool)
    if stamp is not None and not (is_number and abs(stamp) <= sys.float_info.max):
        raise PromptError(f'stamp is {stamp!r}; a finite number is expected, or None')


def corrected(earlier: Prompt | None, prompt: Prompt) -> Prompt:
    """Return how an object is shown in a frame in which it was shown before."""
    # Points are added to what was said; a box or a mask begins anew.
    if earlier is None or prompt.box is not None or prompt.mask is not None:
        return prompt
    points = np.concatenate([earlier.points, prompt.points])
    labels = np.concatenate([earlier.labels, prompt.labels])
    return _bounded(replace(prompt, points=points, labels=labels, box=earlier.box))


def _whole(prompt: Prompt, size: Size) -> Any:
    """Return the mask after checking that it is one of the image, alone, and not empty."""
    mask = prompt.mask
    assert mask is not None
    if len(prompt.points) or prompt.box is not None:
        raise PromptError(
            f'object {prompt.id!r} is shown by a mask and by points or a box; a mask stands alone'
        )
    if mask.shape != size:
        raise PromptError(
            f'the mask of object {prompt.id!r} has shape {list(mask.shape)}; that of the image is '
            f'expected, {list(size)}'
        )
    if not (mask > 0).any():
        raise PromptError(f'the mask of object {prompt.id!r} is empty; it has to show something')
    return mask


def _bounded(prompt: Prompt) -> Prompt:
    # One token is kept for what says nothing, two for the corners of a box.
    most = MAX_TOKENS - 3
    if len(prompt.points) > most:
        raise PromptError(
            f'object {prompt.id!r} has {len(prompt.points)} points in one frame; {most} or fewer '
            'are accepted'
        )
    return prompt
