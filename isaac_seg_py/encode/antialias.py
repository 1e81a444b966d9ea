"""Resizing as Pillow does it: where an image shrinks, each pixel is a mean of all it covers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
import math
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..geometry import Size

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

# Pixels of the result that are made by one product of matrices: larger ones are mostly zeros.
_BLOCK: Final = 16


@dataclass(frozen=True, eq=False)
class Band:
    """Neighbouring pixels of one axis, what they are made of, and how much of each: (new, old)."""

    new: slice
    old: slice
    weights: Floats


def resize_antialiased(pixels: Array, size: Size, out: Array) -> Array:
    """
    Resize (H, W) or (H, W, C) pixels to (height, width), in `out`; bytes are rounded.

    A pixel is a mean of the old ones around its centre, weighed by a triangle that reaches as far
    as the next new centre, or the next old one where the image grows. Columns come first, and
    bytes are rounded after each axis, as in Pillow.
    """
    planes = cv2.split(pixels) if pixels.ndim == 3 else [pixels]
    resized = [_resize_plane(np.asarray(plane), size) for plane in planes]
    if pixels.ndim == 3:
        cv2.merge(resized, out)
    else:
        out[...] = resized[0]
    return out


def _resize_plane(plane: Array, size: Size) -> Array:
    if plane.shape[1] != size[1]:
        old = plane.astype(np.float32, copy=False)
        wide = np.empty((plane.shape[0], size[1]), np.float32)
        for band in bands_of(plane.shape[1], size[1]):
            np.matmul(old[:, band.old], band.weights.T, out=wide[:, band.new])
        plane = _in_type_of(plane, wide)
    if plane.shape[0] != size[0]:
        old = plane.astype(np.float32, copy=False)
        tall = np.empty(size, np.float32)
        for band in bands_of(plane.shape[0], size[0]):
            np.matmul(band.weights, old[band.old], out=tall[band.new])
        plane = _in_type_of(plane, tall)
    return plane


def _in_type_of(plane: Array, values: Floats) -> Array:
    if plane.dtype != np.uint8:
        return values
    # Halves go up. Weights are above 0 and add up to 1, so that no value is outside of 0 to 255.
    return np.add(values, 0.5, out=values).astype(np.uint8)


@lru_cache(maxsize=16)
def bands_of(old: int, new: int) -> tuple[Band, ...]:
    """Return the weights that lead from one length to another."""
    scale = old / new
    reach = max(scale, 1.0)
    bands = []
    for start in range(0, new, _BLOCK):
        centres = (np.arange(start, min(start + _BLOCK, new)) + 0.5) * scale
        first = max(math.floor(centres[0] - reach), 0)
        last = min(math.ceil(centres[-1] + reach), old)
        away = np.abs(np.arange(first, last) + 0.5 - centres[:, np.newaxis])
        weights = np.maximum(1 - away / reach, 0)
        weights /= weights.sum(1, keepdims=True)
        bands.append(
            Band(
                slice(start, start + len(centres)), slice(first, last), weights.astype(np.float32)
            )
        )
    return tuple(bands)
