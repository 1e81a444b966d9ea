"""The outlines of the classes, as coverage masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]
Outline: TypeAlias = list[Points]

_SHIFT: Final = 4  # cv2 takes fixed-point corners: 1/16 of a pixel


def draw_shape(
    class_id: int, side: int, radius: float, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """
    Draw one shape in the middle of a square of `side` pixels, reaching `radius` from the centre.

    Gives (side, side) coverage, 255 inside. Proportions differ from call to call, but never so far
    that two classes meet. `random` decides them.
    """
    bend = _bend(random)
    mask = np.zeros((side, side), np.uint8)
    outline = [points @ bend for points in _OUTLINES[class_id](random)]
    reach = max(float(np.hypot(*points.T).max()) for points in outline)
    corners = [
        np.rint((points * (radius / reach) + (side - 1) / 2) * (1 << _SHIFT)).astype(np.int32)
        for points in outline
    ]
    # Even-odd filling: a second contour inside the first one is a hole.
    cv2.fillPoly(mask, corners, (255,), cv2.LINE_AA, _SHIFT)
    return mask


def _bend(random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Make a slight stretch and shear, as a flat thing seen from the side has."""
    stretch = random.uniform(0.85, 1.0)
    return np.array([[1.0, random.uniform(-0.12, 0.12)], [0.0, stretch]])


def _circle(radius: float = 1.0, corners: int = 72) -> Points:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius


def _ball(random: np.random.Generator) -> Outline:
    return [_circle()]


def _ring(random: np.random.Generator) -> Outline:
    return [_circle(), _circle(random.uniform(0.48, 0.66))]


def _box(random: np.random.Generator) -> Outline:
    tall = random.uniform(0.72, 1.0)
    return [np.array([[-1, -tall], [1, -tall], [1, tall], [-1, tall]])]


def _cone(random: np.random.Generator) -> Outline:
    half = random.uniform(0.55, 0.85)
    # The base is a shallow arc, so that a cone is more than a bare triangle.
    turn = np.linspace(0, np.pi, 16)
    base = np.stack([half * np.cos(turn), 0.6 + 0.16 * np.sin(turn)], axis=1)
    return [np.concatenate([[[0.0, -1.1]], base])]


def _star(random: np.random.Generator) -> Outline:
    turn = np.arange(10) * (np.pi / 5)
    reach = np.where(np.arange(10) % 2, random.uniform(0.40, 0.50), 1.0)
    return [np.stack([np.cos(turn) * reach, np.sin(turn) * reach], axis=1)]


def _cross(random: np.random.Generator) -> Outline:
    arm = random.uniform(0.24, 0.34)
    quarter = np.array([[arm, -1.0], [arm, -arm], [1.0, -arm]])
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return [np.concatenate([quarter @ np.linalg.matrix_power(turn, k) for k in range(4)])]


_OUTLINES: Final[dict[int, Callable[[np.random.Generator], Outline]]] = {
    1: _ball,
    2: _box,
    3: _cone,
    4: _star,
    5: _ring,
    6: _cross,
}
