"""Draw a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .confusion import Confusion
from ..lettering import put_text, text_size

Picture = npt.NDArray[np.uint8]

_SCALE: Final = 0.45
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_DARK: Final = np.array([8, 48, 107])
_GAP: Final = 10
_LARGEST: Final = 1600
# Cells below this height have no room for a number, and names would lie over each other.
_LEAST_FOR_TEXT: Final = 22
_LINE: Final = 16


def plot_confusion(confusion: Confusion) -> Picture:
    """
    Return an RGB picture of the matrix: each row is one true class, dark is much of it.

    Numbers are per cent of the true class. The last column is drawn where it has pixels.
    """
    missed = confusion.counts[:, -1].any()
    counts = confusion.counts if missed else confusion.counts[:, :-1]
    columns = [*confusion.names, 'none'] if missed else confusion.names
    shares = counts / np.maximum(confusion.true_pixels, 1)[:, np.newaxis]
    cell = int(np.clip(_LARGEST // len(columns), 4, 52))
    names = cell >= _LEAST_FOR_TEXT
    left, top = _widest(confusion.names) if names else _GAP, _widest(columns) if names else _GAP
    left, top = left + 2 * _GAP + _LINE, top + 2 * _GAP + 2 * _LINE
    height, width = shares.shape[0] * cell, shares.shape[1] * cell
    picture: Picture = np.full((top + height + _GAP, left + width + _GAP, 3), 255, np.uint8)
    colors = (255 + (_DARK - 255) * shares[..., np.newaxis]).astype(np.uint8)
    picture[top : top + height, left : left + width] = colors.repeat(cell, 0).repeat(cell, 1)
    cv2.rectangle(picture, (left - 1, top - 1), (left + width, top + height), _BLACK, 1)
    if names:
        for row, name in enumerate(confusion.names):
            _put(picture, name, left - _GAP - _size(name), top + row * cell + cell // 2 + 5)
        _put_upright(picture, columns, left, top, cell)
        _put_shares(picture, shares, left, top, cell)
    _put(picture, f'found (across), true (down): mean IoU {confusion.mean_iou:.3f}', _GAP, _LINE)
    return picture


def _put_shares(
    picture: Picture, shares: npt.NDArray[np.float64], left: int, top: int, cell: int
) -> None:
    for row, column in np.argwhere(shares >= 0.005).tolist():
        share = shares[row, column]
        text = f'{share * 100:.0f}'
        x = left + column * cell + (cell - _size(text)) // 2
        color = _WHITE if share > 0.5 else _BLACK
        _put(picture, text, x, top + row * cell + cell // 2 + 5, color)


def _put_upright(picture: Picture, names: Sequence[str], left: int, top: int, cell: int) -> None:
    """Write names from below to above over their columns."""
    length = _widest(names)
    strip: Picture = np.full((len(names) * cell, length, 3), 255, np.uint8)
    for column, name in enumerate(names):
        _put(strip, name, 0, column * cell + cell // 2 + 5)
    turned = cv2.rotate(strip, cv2.ROTATE_90_COUNTERCLOCKWISE)
    picture[top - _GAP - length : top - _GAP, left : left + turned.shape[1]] = turned


def _put(
    picture: Picture, text: str, x: int, y: int, color: tuple[int, int, int] = _BLACK
) -> None:
    put_text(picture, text, (x, y), _SCALE, color)


def _size(text: str) -> int:
    return text_size(text, _SCALE)[0]


def _widest(names: Sequence[str]) -> int:
    return max(map(_size, names)) + 4
