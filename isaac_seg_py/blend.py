"""Pictures for people: a mask over its image, and the legend of its colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math
from typing import Any, cast, Final

import cv2
import numpy as np
import numpy.typing as npt

from .errors import ConfigError, ImageError
from .lettering import put_text, text_size
from .palette import Palette

Bytes = npt.NDArray[np.uint8]

_ROW: Final = 28
_LEAST_ROW: Final = 14


def blend(image: Bytes, mask: Bytes, alpha: float, out: Bytes | None = None) -> Bytes:
    """
    Return image * alpha + mask * (1 - alpha), rounded, as uint8.

    The image is (H, W, 3). The mask is (H, W), (H, W, 3) or (H, W, 4) in the same order of
    colours; where a mask of four channels is transparent, the image stays as it is.
    """
    _check(image, mask, alpha)
    if out is None:
        out = np.empty_like(image)
    elif out.shape != image.shape or out.dtype != np.uint8:
        raise ImageError(
            f'out is {out.dtype} of shape {out.shape}; uint8 {image.shape} is expected'
        )
    if mask.ndim == 2:
        colors = cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB)
    elif mask.shape[2] == 4:
        return _blend_transparent(image, mask, alpha, out)
    else:
        colors = mask
    return cast('Bytes', cv2.addWeighted(image, alpha, colors, 1.0 - alpha, 0.0, out))


def legend(names: Sequence[str], palette: Palette, present: Iterable[int], height: int) -> Bytes:
    """
    Return an RGB picture of that height with the colour and the name of the classes present.

    Names that do not fit below each other go into further columns.
    """
    shown = sorted(set(present))
    if height < _LEAST_ROW:
        raise ConfigError(f'a legend of {height} rows came; {_LEAST_ROW} or more are needed')
    row = max(min(_ROW, height // max(len(shown), 1)), _LEAST_ROW)
    per_column = height // row
    columns = [
        _column(shown[start : start + per_column], names, palette, row, height)
        for start in range(0, max(len(shown), 1), per_column)
    ]
    return np.hstack(columns)


def class_name(names: Sequence[str], class_id: int) -> str:
    """Return the name of a class, or `class 7` where it has none."""
    return (names[class_id] if class_id < len(names) else '') or f'class {class_id}'


def _check(image: npt.NDArray[Any], mask: npt.NDArray[Any], alpha: float) -> None:
    if not 0.0 <= alpha <= 1.0:
        raise ConfigError(f'alpha is {alpha!r}; it must be 0 to 1')
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ImageError(
            f'an image {image.dtype} of shape {image.shape} came; '
            'uint8 (height, width, 3) is expected'
        )
    if mask.dtype != np.uint8 or (mask.ndim != 2 and not _has_channels(mask)):
        raise ImageError(
            f'a mask {mask.dtype} of shape {mask.shape} came; '
            'uint8 (height, width), with 3 or 4 channels or none, is expected'
        )
    if mask.shape[:2] != image.shape[:2]:
        raise ImageError(
            f'the mask is {mask.shape[1]}x{mask.shape[0]} and the image '
            f'{image.shape[1]}x{image.shape[0]} (width x height); they must be of one size. '
            'Set mask_frame to image, or resize one of them'
        )


def _has_channels(mask: npt.NDArray[Any]) -> bool:
    return mask.ndim == 3 and mask.shape[2] in (3, 4)


def _blend_transparent(image: Bytes, mask: Bytes, alpha: float, out: Bytes) -> Bytes:
    opacity = mask[..., 3]
    colors = cv2.cvtColor(mask, cv2.COLOR_BGRA2BGR)
    # One less: 0 becomes 255, and all that is neither 0 nor 255 stays below 254.
    if not (opacity - np.uint8(1) < 254).any():
        mixed = cv2.addWeighted(image, alpha, colors, 1.0 - alpha, 0.0)
        np.copyto(out, image)
        return cast('Bytes', cv2.copyTo(mixed, opacity, out))
    weight = opacity[..., np.newaxis] * np.float32((1.0 - alpha) / 255.0)
    mixed = image * (1.0 - weight) + colors * weight
    np.copyto(out, np.rint(mixed), casting='unsafe')
    return out


def _column(
    shown: Sequence[int], names: Sequence[str], palette: Palette, row: int, height: int
) -> Bytes:
    texts = [class_name(names, class_id) for class_id in shown]
    scale, swatch = row / 50, row - 8
    widths = [text_size(text, scale)[0] for text in texts]
    picture = np.full(
        (height, 3 * 4 + swatch + math.ceil(max(widths, default=0)), 3), 255, np.uint8
    )
    for index, (class_id, text) in enumerate(zip(shown, texts, strict=True)):
        top = index * row + 4
        cv2.rectangle(picture, (4, top), (3 + swatch, top + swatch - 1), palette.rgb(class_id), -1)
        start = (8 + swatch, top + swatch - swatch // 5)
        put_text(picture, text, start, scale)
    return picture
