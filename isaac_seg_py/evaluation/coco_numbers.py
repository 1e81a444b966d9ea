"""What COCO's files hold as numbers: JSON may have anything in their place."""

from __future__ import annotations

import math
from typing import Any

Corners = tuple[float, float, float, float]


def is_number(given: Any) -> bool:
    """Say whether this is a number that a float holds, neither NaN nor infinite."""
    try:
        return type(given) in (int, float) and math.isfinite(given)
    except OverflowError:
        return False


def box_corners(given: Any) -> Corners | None:
    """Return x1, y1, x2, y2 of [x, y, width, height], None where this is something else."""
    if not isinstance(given, list) or len(given) != 4 or not all(map(is_number, given)):
        return None
    x, y, width, height = map(float, given)
    return x, y, x + width, y + height
