"""Words in pictures for people."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Color = tuple[int, int, int]

_OPAQUE: Final = 255
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


def put_text(
    picture: Bytes, text: str, place: tuple[int, int], scale: float, color: Color = (0, 0, 0)
) -> None:
    """Write with the left end of the line at x, y of a picture."""
    cv2.putText(picture, _readable(text), place, _FONT, scale, (*color, _OPAQUE), 1, cv2.LINE_AA)


def text_size(text: str, scale: float) -> tuple[int, int, int]:
    """Return width, height above the line and depth below it, in pixels."""
    found: Any = cv2.getTextSize(_readable(text), _FONT, scale, 1)
    (width, height), below = found
    return width, height, below


def _readable(text: str) -> str:
    # OpenCV dies of what is no UTF-8, as names from the command line and from JSON may be.
    return text.encode('utf-8', 'replace').decode()
