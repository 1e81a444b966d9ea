"""Prompts as a person would give them, made from the true mask of an object."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

NOTHING: Final = -1
BESIDE: Final = 0
ON: Final = 1
TOP_LEFT: Final = 2
BOTTOM_RIGHT: Final = 3
# A point is in the deepest place of a mask in this part of the cases, else anywhere on it.
_DEEPEST_PART: Final = 0.25
# How far a drawn box is off, as a part of its sides.
_BOX_ERROR: Final = 0.04
# How far around an object points beside it lie, as a part of its sides, and in pixels at least.
_AROUND: Final = 0.6
_LEAST_AROUND: Final = 6


def deepest_point(mask: Mask) -> Floats:
    """Return x and y of the middle of the pixel that is farthest from a mask's edges."""
    depth = cv2.distanceTransform(cv2.copyMakeBorder(mask, *[1] * 4, 0), cv2.DIST_L2, 5)
    row, column = divmod(int(depth.argmax()), depth.shape[1])
    return np.array((column - 0.5, row - 0.5))


def any_point(mask: Mask, random: np.random.Generator) -> Floats:
    """Return x and y of the middle of any pixel of a mask."""
    found = np.flatnonzero(mask)
    row, column = divmod(int(found[random.integers(found.size)]), mask.shape[1])
    return np.array((column + 0.5, row + 0.5))


def inner_point(mask: Mask, random: np.random.Generator) -> Floats:
    """Return a point on a mask: mostly any, sometimes the deepest."""
    if random.random() < _DEEPEST_PART:
        return deepest_point(mask)
    return any_point(mask, random)


def outer_point(mask: Mask, random: np.random.Generator) -> Floats:
    """Return a point close to a mask and not on it, or the corner of a picture that it fills."""
    x, y, wide, high = cv2.boundingRect(mask)
    across = int(wide * _AROUND) + _LEAST_AROUND
    down = int(high * _AROUND) + _LEAST_AROUND
    top, left = max(y - down, 0), max(x - across, 0)
    around = mask[top : y + high + down, left : x + wide + across]
    free = np.asarray(1 - around, np.uint8)
    if not free.any():
        return np.array((0.5, 0.5))
    return any_point(free, random) + np.array((left, top))


def box_tokens(mask: Mask, random: np.random.Generator) -> tuple[Floats, list[int]]:
    """Return both corners of a box around a mask, as well as a person draws it."""
    x, y, wide, high = cv2.boundingRect(mask)
    box = np.array(((x, y), (x + wide, y + high)), np.float64)
    if random.random() < 0.5:
        box += random.normal(0, _BOX_ERROR, (2, 2)) * (wide, high)
    limits = (mask.shape[1], mask.shape[0])
    return box.clip(0, limits), [TOP_LEFT, BOTTOM_RIGHT]
