"""Draw how a cost grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .plots import BLACK, COLORS, GREY, nice_step, Picture, put_text

Curve = Sequence[tuple[float, float]]

_SIZE: Final = (300, 420)
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 34, 20, 44
_LINES: Final = 5


def plot_curves(curves: Mapping[str, Curve], title: str, across: str) -> Picture:
    """
    Return an RGB picture of lines through points (x, y), both axes from 0.

    Each x that was measured has its number below.
    """
    points = np.array([point for curve in curves.values() for point in curve], np.float64)
    largest = np.maximum(points.max(0), 1e-9)
    step = nice_step(largest[1] / _LINES)
    # One step more, so that names lie above the lines.
    top = step * (np.ceil(largest[1] / step) + 1)
    picture: Picture = np.full((*_SIZE, 3), 255, np.uint8)
    right, bottom = _SIZE[1] - _RIGHT, _SIZE[0] - _BOTTOM

    def place(curve: Curve) -> npt.NDArray[np.int32]:
        shares = np.asarray(curve, np.float64) / (largest[0], top)
        span = np.array([right - _LEFT, _TOP - bottom])
        spots: npt.NDArray[np.int32] = ((_LEFT, bottom) + span * shares).round().astype(np.int32)
        return spots

    for value in np.arange(0, top + step / 2, step):
        begin, end = place([(0, value), (largest[0], value)]).tolist()
        cv2.line(picture, begin, end, GREY, 1)
        put_text(picture, f'{value:g}', 8, begin[1] + 4)
    last = -_SIZE[1]
    for x in np.unique(points[:, 0]):
        begin, end = place([(x, 0), (x, top)]).tolist()
        cv2.line(picture, begin, end, GREY, 1)
        # Numbers that would lie over each other are left out.
        if begin[0] - last >= 8 * len(f'{x:g}') + 8:
            put_text(picture, f'{x:g}', begin[0] - 4 * len(f'{x:g}'), bottom + 16)
            last = begin[0]
    for number, (name, curve) in enumerate(curves.items()):
        color = COLORS[number % len(COLORS)]
        line = place(curve)
        cv2.polylines(picture, [line.reshape(-1, 1, 2)], False, color, 2, cv2.LINE_AA)
        for point in line.tolist():
            cv2.circle(picture, point, 3, color, -1, cv2.LINE_AA)
        put_text(picture, name, _LEFT + 8, _TOP + 16 + 16 * number, color)
    put_text(picture, title, 8, 20, BLACK)
    put_text(picture, across, _LEFT, _SIZE[0] - 8, BLACK)
    return picture


def side_by_side(pictures: Sequence[Picture], columns: int) -> Picture:
    """Return pictures of one size in rows; the last row is filled up with white."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    whole: Picture = np.full((rows * height, columns * width, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // columns * height, number % columns * width
        whole[y : y + height, x : x + width] = picture
    return whole
