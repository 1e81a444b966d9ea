"""Scenes as a data set on the disk: pictures, labels and COCO annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from .classes import CLASS_NAMES
from .coco import coco_annotations, coco_categories, coco_image
from .scene import Scene
from ..closing import Closing
from ..errors import ConfigError
from ..picture_files import write_image

IMAGES: Final = 'images'
LABELS: Final = 'labels'
CLASSES: Final = 'classes.txt'
INSTANCES: Final = 'instances.json'


class SceneFolder(Closing):
    """
    Writes `images/NAME.png`, `labels/NAME.png` with the class of each pixel, and their truth.

    Beside them lie `classes.txt`, one name a line from class 0, and `instances.json`, which is
    written when this is closed.
    """

    def __init__(self, folder: Path, *, as_polygons: bool = False) -> None:
        """Make the folders; raise ConfigError where something is there already."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f'{str(folder)!r} is there already; choose a folder that is new')
        for name in (IMAGES, LABELS):
            (folder / name).mkdir(parents=True)
        (folder / CLASSES).write_text('\n'.join(CLASS_NAMES) + '\n', encoding='utf-8')
        self._folder = folder
        self._as_polygons = as_polygons
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._closed = False

    def write(self, name: str, scene: Scene) -> None:
        """Add a scene."""
        file = f'{name}.png'
        write_image(self._folder / IMAGES / file, scene.image)
        write_image(self._folder / LABELS / file, scene.labels)
        number = len(self._images) + 1
        self._images.append(coco_image(scene, number, file))
        first = len(self._annotations) + 1
        self._annotations += coco_annotations(scene, number, first, as_polygons=self._as_polygons)

    def close(self) -> None:
        """Write the annotations of what was added."""
        if self._closed:
            return
        self._closed = True
        content = {
            'info': {'description': 'isaac_seg_py scenes'},
            'images': self._images,
            'categories': coco_categories(),
            'annotations': self._annotations,
        }
        text = json.dumps(content) + '\n'
        (self._folder / INSTANCES).write_text(text, encoding='utf-8')
