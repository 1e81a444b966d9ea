"""Read the class of each pixel from PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .samples import Labels
from ..errors import ImageError

_SIGNATURE: Final = 8
_PALETTE: Final = b'PLTE'


def read_labels(path: Path) -> Labels:
    """
    Return the classes that a PNG holds, in one channel or as the numbers of its palette.

    Raise ImageError where it is a coloured picture, from which no numbers can be told.
    """
    try:
        content = path.read_bytes()
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise ImageError(f'labels {str(path)!r} cannot be read: {error}') from error
    if found is None:
        raise ImageError(f'labels {str(path)!r} are damaged, or no picture')
    palette = _palette(content)
    if found.ndim == 3 and len(palette):
        # OpenCV has put the colours in: back to their numbers.
        numbers = np.full(1 << 24, 255, np.uint8)
        numbers[_codes(palette)[::-1]] = np.arange(len(palette), dtype=np.uint8)[::-1]
        return numbers[_codes(found[..., 2::-1])]
    if found.ndim == 3 and (found[..., :3] != found[..., :1]).any():
        raise ImageError(
            f'labels {str(path)!r} have colours; the number of the class in one channel is '
            'expected'
        )
    labels = found[..., 0] if found.ndim == 3 else found
    if labels.max() > 255:
        raise ImageError(f'labels {str(path)!r} go up to {labels.max()}; 0 to 255 is expected')
    return labels.astype(np.uint8)


def _palette(content: bytes) -> npt.NDArray[np.uint8]:
    """Return the (N, 3) RGB palette of a PNG, empty where it has none."""
    at = _SIGNATURE
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], 'big'), content[at + 4 : at + 8]
        if kind == _PALETTE:
            return np.frombuffer(content[at + 8 : at + 8 + length], np.uint8).reshape(-1, 3)
        at += 12 + length
    return np.zeros((0, 3), np.uint8)


def _codes(colors: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return each (..., 3) colour as one number."""
    codes: npt.NDArray[np.int64] = colors.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    return codes
