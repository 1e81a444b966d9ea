"""The pixels that a COCO segmentation stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .. import rle
from ..errors import ImageError
from ..geometry import Size

Mask = npt.NDArray[np.bool_]
_FAR: Final = 1e9


def coco_mask(segmentation: Any, size: Size) -> Mask:
    """
    Return the (H, W) mask of run lengths, packed or as a list, or of outlines.

    A pixel is inside an outline when its centre is; COCO's own code takes a pixel more or less at
    slanted edges.
    """
    try:
        if isinstance(segmentation, list):
            mask = np.zeros(size, np.bool_)
            for ring in segmentation:
                mask |= _filled(ring, size)
            return mask
        if tuple(segmentation['size']) != size:
            raise ValueError(f'size {segmentation["size"]} for a picture of {list(size)}')
        if isinstance(segmentation['counts'], list):
            return _from_counts(segmentation['counts'], size)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ImageError(
            f'a segmentation cannot be read ({error}); outlines [[x1, y1, ...]] or run lengths '
            'are expected'
        ) from error
    return rle.decode(segmentation)


def _from_counts(counts: Sequence[int], size: Size) -> Mask:
    if sum(counts) != size[0] * size[1]:
        raise ValueError(f'runs of {sum(counts)} pixels for {size[0] * size[1]}')
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape(size[::-1]).T


def _filled(ring: Sequence[float], size: Size) -> Mask:
    """Fill one outline: in each row, between every second pair of edges that cross its middle."""
    points = np.array(ring, np.float64).reshape(-1, 2)
    # NaN is not below it as well.
    if not (np.abs(points) < _FAR).all():
        raise ValueError('a corner that is NaN, infinite or farther away than any picture reaches')
    x1, y1 = points.T
    x2, y2 = np.roll(points, -1, 0).T
    height, width = size
    middles = np.arange(height) + 0.5
    crosses = (y1[:, np.newaxis] <= middles) != (y2[:, np.newaxis] <= middles)
    edges, rows = np.nonzero(crosses)
    slope = (x2[edges] - x1[edges]) / (y2[edges] - y1[edges])
    at = x1[edges] + (middles[rows] - y1[edges]) * slope
    # The first pixel whose centre is right of the edge: from there on inside and outside swap.
    first = np.ceil(at - 0.5).clip(0, width).astype(np.int64)
    swaps = np.zeros((height, width + 1), np.int64)
    np.add.at(swaps, (rows, first), 1)
    inside: Mask = np.cumsum(swaps, 1)[:, :width] % 2 == 1
    return inside
