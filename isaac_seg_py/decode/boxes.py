"""Boxes x1, y1, x2, y2 of many objects at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..geometry import Size, View

Floats = npt.NDArray[np.float32]


def from_centres(boxes: Floats) -> Floats:
    """Turn (N, 4) centre x, centre y, width, height into corners."""
    half = boxes[:, 2:] / 2
    corners: Floats = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], 1)
    return corners


def areas(boxes: Floats) -> npt.NDArray[np.float64]:
    """Return the (N,) areas; a box turned inside out has none."""
    # In float32 the area of a box without bounds is infinite.
    sides = np.maximum(np.subtract(boxes[:, 2:], boxes[:, :2], dtype=np.float64), 0)
    found: npt.NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return found


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Return the (N,) intersections over unions of one box (4,) with others (N, 4)."""
    both = areas(
        np.concatenate([np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])], 1)
    )
    union = areas(box[np.newaxis]) + areas(boxes) - both
    # Boxes without an area overlap with nothing.
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0).astype(np.float32)


def to_image(boxes: Floats, view: View) -> Floats:
    """Return canvas boxes on the image, cut at its edges."""
    height, width = view.image
    on_image = view.boxes_to_image(boxes)
    return np.clip(on_image, 0, (width, height, width, height)).astype(np.float32)


def pixels_inside(box: Floats, size: Size) -> tuple[slice, slice]:
    """Return the rows and columns of an image whose centres lie in a box."""
    height, width = size
    edges = np.ceil(box - np.float32(0.5)).clip(0, (width, height, width, height))
    left, top, right, bottom = edges.astype(int).tolist()
    return slice(top, bottom), slice(left, right)
