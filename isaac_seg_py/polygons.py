"""The outlines of a mask."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.int64]


def outlines(mask: npt.NDArray[Any], tolerance: float = 0.0) -> tuple[list[Points], list[Points]]:
    """
    Return the outer outlines of the parts of an (H, W) mask, and those of the holes in them.

    An outline is (N, 2) corners x, y and follows the edges of the pixels, so that filling it gives
    the very pixels back: pixel 3 lies between 3 and 4. Parts that touch at a corner are one part.
    With a tolerance above 0, in pixels, corners are left out as long as the outline stays so near.
    """
    top, left, bottom, right = bounds(mask)
    if top == bottom:
        return [], []
    inside = np.ascontiguousarray(mask[top:bottom, left:right] != 0)
    # On twice the grid the two sides of a pixel have different numbers: 2 * 3 is the left edge of
    # pixel 3, and 2 * 3 + 1 its right edge.
    twice = inside.view(np.uint8).repeat(2, 0).repeat(2, 1)
    found, links = cv2.findContours(twice, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings: tuple[list[Points], list[Points]] = [], []
    for contour, link in zip(found, links[0], strict=True):
        corners = _corners((contour[:, 0].astype(np.int64) + 1) // 2)
        if tolerance > 0:
            near = cv2.approxPolyDP(corners.astype(np.int32), tolerance, closed=True)
            corners = near[:, 0].astype(np.int64)
        if len(corners) >= 3:
            is_hole = int(link[3] >= 0)
            rings[is_hole].append(corners + np.array([left, top]))
    return rings


def polygons(mask: npt.NDArray[Any], tolerance: float = 0.0) -> list[list[int]]:
    """Return the outer outlines as COCO has them, [x1, y1, x2, y2, ...]; holes are filled."""
    return [ring.reshape(-1).tolist() for ring in outlines(mask, tolerance)[0]]


def bounds(mask: npt.NDArray[Any]) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of what is inside a mask, all 0 where nothing is."""
    rows = np.flatnonzero(mask.any(1))
    if not rows.size:
        return 0, 0, 0, 0
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(0))
    return top, int(columns[0]), bottom, int(columns[-1]) + 1


def deepest(mask: npt.NDArray[Any]) -> tuple[int, int]:
    """Return x, y of the pixel of a mask, which is not empty, that is farthest from its edge."""
    top, left, bottom, right = bounds(mask)
    framed = np.pad(mask[top:bottom, left:right] != 0, 1).view(np.uint8)
    away = cv2.distanceTransform(framed, cv2.DIST_L2, 3)
    row, column = np.unravel_index(int(away.argmax()), away.shape)
    return left + int(column) - 1, top + int(row) - 1


def _corners(ring: Points) -> Points:
    """Leave out points that repeat the one before, and those on a straight line."""
    ring = ring[(ring != np.roll(ring, 1, 0)).any(1)]
    before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    # A ring that doubles back on itself, at parts that touch at a corner, turns there as well.
    back = (before * after).sum(1) < 0
    found: Points = ring[turns | back]
    return found
