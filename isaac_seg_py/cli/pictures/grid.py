"""Pictures in rows with titles, beside the legend of their colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ...blend import legend
from ...lettering import put_text, text_size
from ...palette import Palette

Picture = npt.NDArray[np.uint8]
_GAP: Final = 6
_SCALE: Final = 0.6


def picture_grid(
    rows: Mapping[str, Sequence[Picture]], names: Sequence[str], palette: Palette
) -> Picture:
    """Return the rows at half their size, each behind its title, with all classes explained."""
    width = max(text_size(title, _SCALE)[0] for title in rows) + 2 * _GAP
    strips = []
    for title, pictures in rows.items():
        strip = np.concatenate([_framed(picture) for picture in pictures], axis=1)
        strips.append(np.concatenate([_title(title, width, strip.shape[0]), strip], axis=1))
    grid = np.concatenate(strips)
    side = legend(names, palette, range(max(len(names), 1)), grid.shape[0])
    return np.ascontiguousarray(np.concatenate([grid, side], axis=1))


def _title(text: str, width: int, height: int) -> Picture:
    picture: Picture = np.full((height, width, 3), 255, np.uint8)
    put_text(picture, text, (_GAP, height // 2), _SCALE)
    return picture


def _framed(picture: Picture) -> Picture:
    half = np.ascontiguousarray(picture[::2, ::2])
    return np.pad(half, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
