"""Three boxes in three colours, and where they lie: what the networks of colours follow."""

from __future__ import annotations

import numpy as np

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PLACES = {RED: (6, 8), GREEN: (26, 40), BLUE: (28, 8)}
HEIGHT, WIDTH = 12, 16


def scene(shift: int = 0, *, without: tuple[int, ...] | None = None, size: int = 1) -> np.ndarray:
    """Return three boxes on black, moved to the right; one of them may be hidden."""
    image = np.zeros((48 * size, 64 * size, 3), np.uint8)
    for color, (top, left) in PLACES.items():
        if color != without:
            rows = slice(top * size, (top + HEIGHT) * size)
            image[rows, (left + shift) * size : (left + shift + WIDTH) * size] = color
    return image


def box(color: tuple[int, ...], shift: int = 0) -> tuple[int, int, int, int]:
    top, left = PLACES[color]
    return left + shift, top, left + shift + WIDTH, top + HEIGHT


def point(color: tuple[int, ...], shift: int = 0) -> tuple[int, int]:
    left, top, right, bottom = box(color, shift)
    return (left + right) // 2, (top + bottom) // 2


def lies_on(found: np.ndarray, color: tuple[int, ...], shift: int = 0) -> bool:
    """Say whether a box is that of a colour, but for the edge that the coarse mask loses."""
    return bool(np.abs(found - box(color, shift)).max() <= 2)
