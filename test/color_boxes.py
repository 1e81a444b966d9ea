"""Pictures of a red and a green box on black, as options have them and results tell them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (48, 64)
RED, GREEN = (255, 0, 0), (0, 255, 0)
BOXES = {RED: (8, 6, 24, 18), GREEN: (40, 26, 56, 38)}


def picture(shift: int = 0) -> np.ndarray:
    """Draw the boxes, moved to the right."""
    image = np.zeros((*SIZE, 3), np.uint8)
    for color, (left, top, right, bottom) in BOXES.items():
        image[top:bottom, left + shift : right + shift] = color
    return image


def text(color: tuple[int, ...], shift: int = 0) -> str:
    """Return the box of a colour as an option has it."""
    left, top, right, bottom = BOXES[color]
    return f'{left + shift},{top},{right + shift},{bottom}'


def is_on(one: dict[str, Any], color: tuple[int, ...], shift: int = 0) -> bool:
    """Say whether an object of the JSON lies on a colour, but for what coarse masks lose."""
    left, top, right, bottom = BOXES[color]
    return np.abs(np.subtract(one['box'], (left + shift, top, right + shift, bottom))).max() <= 3


def lines(path: Path) -> list[dict[str, Any]]:
    """Read lines of JSON."""
    return [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
