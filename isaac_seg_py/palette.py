"""The colour of each class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast, Final

import cv2
import numpy as np
import numpy.typing as npt

from .errors import ConfigError, ImageError

Bytes = npt.NDArray[np.uint8]

# Channels of 0xRRGGBB in the order in which each encoding stores them.
_ORDERS: Final = {'rgb8': (0, 1, 2), 'bgr8': (2, 1, 0), 'rgba8': (0, 1, 2), 'bgra8': (2, 1, 0)}
_SIZES: Final = {np.dtype(np.uint8): 1 << 8, np.dtype(np.uint16): 1 << 16}


@dataclass(frozen=True)
class Palette:
    """
    Colours 0xRRGGBB; a class beyond the last one begins again at the first.

    `alphas` are opacities 0 to 255; where there are none, and beyond the last one, `rest`.
    """

    colors: tuple[int, ...]
    alphas: tuple[int, ...] = ()
    rest: int = 255

    def __post_init__(self) -> None:
        """Refuse an empty list and numbers that are no colours."""
        if not self.colors:
            raise ConfigError('the palette is empty; give a colour 0xRRGGBB for each class')
        for color in self.colors:
            # True is a number for Python, but nobody means it as a colour.
            if type(color) is not int or not 0 <= color <= 0xFFFFFF:
                raise ConfigError(
                    f'colour {color!r} came; 0xRRGGBB from 0 to 0xFFFFFF is expected'
                )
        for alpha in (*self.alphas, self.rest):
            if type(alpha) is not int or not 0 <= alpha <= 255:
                raise ConfigError(f'opacity {alpha!r} came; 0 to 255 is expected')

    @classmethod
    def parse(cls, values: Iterable[int | str]) -> Palette:
        """Make a palette of numbers or of texts such as '#ff8c00' and '0xFF8C00'."""
        return cls(tuple(_parse(value) for value in values))

    def laid_over(self, opacity: float) -> Palette:
        """
        Return the colours of an overlay of that opacity, 0 to 1.

        As segNet has it, a class of opacity 255 takes that of the overlay; others keep theirs.
        """
        rest = round(255 * opacity)
        alphas = tuple(rest if alpha == 255 else alpha for alpha in self.alphas)
        return replace(self, alphas=alphas, rest=rest)

    def __len__(self) -> int:
        """Return the number of colours."""
        return len(self.colors)

    def rgb(self, class_id: int) -> tuple[int, int, int]:
        """Return red, green and blue of a class, 0 to 255."""
        color = self.colors[class_id % len(self.colors)]
        return color >> 16, color >> 8 & 0xFF, color & 0xFF

    def color(
        self,
        labels: npt.NDArray[Any],
        encoding: str = 'rgb8',
        background: int | None = 0,
        out: Bytes | None = None,
    ) -> Bytes:
        """
        Return the picture, (H, W, 3 or 4) uint8, of an (H, W) uint8 or uint16 array of classes.

        The encodings are rgb8, bgr8, rgba8 and bgra8. With an alpha channel the class `background`
        has alpha 0, whatever the palette says; None leaves all as they are.
        """
        size = _SIZES.get(labels.dtype)
        if labels.ndim != 2 or size is None or 0 in labels.shape:
            raise ImageError(
                f'labels are {labels.dtype} of shape {labels.shape}; '
                'uint8 or uint16 of (height, width) is expected'
            )
        if encoding not in _ORDERS:
            raise ImageError(f'encoding {encoding!r} came; expected one of {", ".join(_ORDERS)}')
        shape = (*labels.shape, 4 if 'a' in encoding else 3)
        if out is None:
            out = np.empty(shape, np.uint8)
        elif out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
            raise ImageError(
                f'out is {out.dtype} of shape {out.shape}; contiguous uint8 {shape} is expected'
            )
        clear = background if shape[2] == 4 else None
        table = _table(self, encoding, clear, size)
        if shape[2] == 4:
            _look_up(labels, table, out.view(np.int32)[..., 0])
        else:
            # One 32-bit look-up and dropping a byte is faster than three look-ups of a byte.
            words = _look_up(labels, table, np.empty(labels.shape, np.int32))
            cv2.cvtColor(words.view(np.uint8).reshape(*labels.shape, 4), cv2.COLOR_BGRA2BGR, out)
        return out


def _parse(value: int | str) -> int:
    if isinstance(value, str):
        digits = value.strip().removeprefix('#').removeprefix('0x').removeprefix('0X')
        # int() would also take signs, spaces and underscores, and '12' is not a colour.
        if len(digits) == 6 and all(digit in '0123456789abcdefABCDEF' for digit in digits):
            return int(digits, 16)
        raise ConfigError(f"colour {value!r} came; '#rrggbb' or '0xRRGGBB' is expected")
    return value


# A table of 16-bit labels takes 256 kB, and palettes may be changed for ever.
@lru_cache(maxsize=8)
def _table(
    palette: Palette, encoding: str, background: int | None, size: int
) -> npt.NDArray[np.int32]:
    """Return the four bytes of each class as one number."""
    table = np.full((size, 4), palette.rest, np.uint8)
    numbers = np.array(palette.colors, np.uint32)[np.arange(size) % len(palette)]
    for channel, position in enumerate(_ORDERS[encoding]):
        table[:, position] = numbers >> (16 - 8 * channel) & 0xFF
    table[: len(palette.alphas), 3] = palette.alphas[:size]
    if background is not None and 0 <= background < size:
        table[background, 3] = 0
    return table.view(np.int32)[:, 0]


def _look_up(
    labels: npt.NDArray[Any], table: npt.NDArray[np.int32], out: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    if labels.dtype == np.uint8:
        return cast('npt.NDArray[np.int32]', cv2.LUT(labels, table.reshape(1, -1), out))
    # Every uint16 has its entry, so nothing is clipped; 'clip' only spares NumPy a buffer.
    return np.take(table, labels, out=out, mode='clip')


DEFAULT: Final = Palette(
    (
        0x556B2F,
        0x800000,
        0x008080,
        0x000080,
        0x9ACD32,
        0xFF0000,
        0xFF8C00,
        0xFFD700,
        0x00FF00,
        0xBA55D3,
        0x00FA9A,
        0x00FFFF,
        0x0000FF,
        0xF08080,
        0xFF00FF,
        0x1E90FF,
        0xDDA0DD,
        0xFF1493,
        0x87CEFA,
        0xFFDEAD,
    )
)
"""The colours of Isaac ROS's launch files, the background first."""
