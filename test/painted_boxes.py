"""Pictures of boxes in one colour, for trackers that follow colours."""

from __future__ import annotations

import numpy as np

Box = tuple[int, int, int, int]
RED, YELLOW = (255, 0, 0), (255, 255, 0)
HERE, THERE, FAR = (6, 6, 22, 18), (40, 30, 56, 42), (44, 4, 60, 16)


def picture(*boxes: Box, color: tuple[int, ...] = RED) -> np.ndarray:
    """Paint boxes on black."""
    image = np.zeros((48, 64, 3), np.uint8)
    for left, top, right, bottom in boxes:
        image[top:bottom, left:right] = color
    return image


def moved(box: Box, right: int) -> Box:
    return box[0] + right, box[1], box[2] + right, box[3]


def lies_on(found: np.ndarray, box: Box) -> bool:
    return bool(np.abs(found - box).max() <= 2)
