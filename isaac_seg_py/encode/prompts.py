"""Prompts become the tokens of a Segment Anything decoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from ..geometry import Size, View
from ..prompts import Prompt

Floats = npt.NDArray[np.float32]

_NOTHING: Final = np.array([-1], np.float32)
_NOWHERE: Final = np.zeros((1, 2))
# The upper left corner of a box, and the lower right one.
_CORNERS: Final = np.array([2, 3], np.float32)


def tokens_of(prompt: Prompt, view: View, frame: Size) -> tuple[Floats, Floats]:
    """
    Return points (N, 2) and labels (N,) in the frame, (height, width), that the decoder counts in.

    Without a box one token that means nothing follows the points. The number of tokens is exact:
    padding with more of these would change the mask.
    """
    box = prompt.box
    behind, kinds = (_NOWHERE, _NOTHING) if box is None else (box.reshape(2, 2), _CORNERS)
    spots = view.points_to_canvas(np.concatenate([prompt.points, behind]))
    spots *= frame[1] / view.canvas[1], frame[0] / view.canvas[0]
    if box is None:
        spots[-1] = 0
    labels = np.concatenate([prompt.labels, kinds])
    return spots.astype(np.float32), labels.astype(np.float32)


def batches_of(
    tokens: Sequence[tuple[Floats, Floats]], most: int
) -> Iterator[tuple[list[int], Floats, Floats]]:
    """
    Put prompts of the same number of tokens together, up to `most` at once.

    Gives their places, points (B, N, 2) and labels (B, N).
    """
    by_length = sorted(range(len(tokens)), key=lambda index: len(tokens[index][1]))
    for _, group in groupby(by_length, key=lambda index: len(tokens[index][1])):
        for places in _chunks(group, most):
            points = np.stack([tokens[index][0] for index in places])
            labels = np.stack([tokens[index][1] for index in places])
            yield places, points, labels


def _chunks(places: Iterable[int], most: int) -> Iterator[list[int]]:
    left = list(places)
    for start in range(0, len(left), most):
        yield left[start : start + most]
