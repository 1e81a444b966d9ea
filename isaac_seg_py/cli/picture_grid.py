"""Pictures in rows with titles, beside the legend of their colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..blend import legend
from ..palette import Palette

Picture = npt.NDArray[np.uint8]
_GAP: Final = 6
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_SCALE: Final = 0.6


def picture_grid(
    rows: Mapping[str, Sequence[Picture]], names: Sequence[str], palette: Palette
) -> Picture:
    """Return the rows at half their size, each behind its title, with all classes explained."""
    width = max(cv2.getTextSize(title, _FONT, _SCALE, 1)[0][0] for title in rows) + 2 * _GAP
    strips = []
    for title, pictures in rows.items():
        strip = np.concatenate([_framed(picture) for picture in pictures], axis=1)
        strips.append(np.concatenate([_title(title, width, strip.shape[0]), strip], axis=1))
    grid = np.concatenate(strips)
    side = legend(names, palette, range(max(len(names), 1)), grid.shape[0])
    return np.ascontiguousarray(np.concatenate([grid, side], axis=1))


def _title(text: str, width: int, height: int) -> Picture:
    picture: Any = np.full((height, width, 3), 255, np.uint8)
    cv2.putText(
        picture, text, (_GAP, height // 2), _FONT, _SCALE, (0, 0, 0), 1, cv2.LINE_AA
    )  # fmt: skip
    return picture  # type: ignore[no-any-return]


def _framed(picture: Picture) -> Picture:
    half = np.ascontiguousarray(picture[::2, ::2])
    return np.pad(half, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
