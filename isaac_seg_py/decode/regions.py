"""Small holes in a mask are filled, and small islands beside it removed."""

from __future__ import annotations

import cv2
import numpy as np

from .prompted import Mask, Patch
from ..geometry import Size


def without_small_regions(patch: Patch, image: Size, least: int) -> tuple[Patch, bool]:
    """
    Return a mask whose holes and parts all have `least` pixels, and whether it is another one.

    The largest part stays whatever its size. What lies around a mask and goes on beyond its box is
    no hole; `image` is the (height, width) that says where nothing goes on.
    """
    left, top, right, bottom = patch.box
    # A frame on the sides where the image goes on joins all that is not enclosed.
    frame = (
        (int(top > 0), int(bottom < image[0])),
        (int(left > 0), int(right < image[1])),
    )
    inside = np.pad(patch.inside, frame)
    outer = ~np.pad(np.ones_like(patch.inside), frame)
    holes = _small(~inside, least, spared=outer)
    inside |= holes
    islands = _small(inside, least)
    if not (holes.any() or islands.any()):
        return patch, False
    inside &= ~islands
    return Patch.of(inside, top - frame[0][0], left - frame[1][0]), True


def without_small_islands(patch: Patch, share: float) -> Patch:
    """Return a mask without the parts that have fewer pixels than this share of the largest."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        patch.inside.view(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    # Number 0 is what is in none of the parts.
    areas[0] = 0
    stays = areas >= max(share * areas.max(), 1)
    if stays[1:].all():
        return patch
    return Patch.of(stays[labels], patch.top, patch.left)


def _small(regions: Mask, least: int, spared: Mask | None = None) -> Mask:
    """Return the connected regions with fewer pixels, but for those spared, or the largest."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        regions.astype(np.uint8), connectivity=8
    )
    small = stats[:, cv2.CC_STAT_AREA] < least
    # Number 0 is what is in none of the regions.
    small[0] = False
    if spared is not None:
        small[labels[spared]] = False
    elif small[1:].all() and count > 1:
        small[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))] = False
    found: Mask = small[labels]
    return found
