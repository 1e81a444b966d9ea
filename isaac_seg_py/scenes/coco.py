"""Scenes in COCO's form: what its annotation files say of pictures and objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from .classes import CLASS_NAMES
from .scene import Scene
from .. import polygons, rle

Entry = dict[str, Any]


def coco_categories() -> list[Entry]:
    """Return the classes but the background, under their numbers."""
    return [
        {'id': number, 'name': name, 'supercategory': 'shape'}
        for number, name in enumerate(CLASS_NAMES)
        if number
    ]


def coco_image(scene: Scene, image_id: int, file_name: str) -> Entry:
    """Return what is said of a picture."""
    height, width = scene.labels.shape
    return {'id': image_id, 'file_name': file_name, 'height': height, 'width': width}


def coco_annotations(
    scene: Scene, image_id: int, first_id: int, *, as_polygons: bool = False
) -> list[Entry]:
    """
    Return what is said of the objects that can be seen, under ids from `first_id` on.

    Masks are run lengths, or on request outlines. Those have no holes: an object with a hole, or
    with another one within it, stays run lengths.
    """
    found: list[Entry] = []
    for number, (x1, y1, x2, y2) in scene.boxes.items():
        mask = scene.instances == number
        outer, holes = polygons.outlines(mask)
        outlined = as_polygons and not holes
        found.append(
            {
                'id': first_id + len(found),
                'image_id': image_id,
                'category_id': scene.class_ids[number],
                'bbox': [x1, y1, x2 - x1, y2 - y1],
                'area': int(np.count_nonzero(mask)),
                'iscrowd': 0,
                'segmentation': (
                    [ring.reshape(-1).tolist() for ring in outer] if outlined else rle.encode(mask)
                ),
            }
        )
    return found
