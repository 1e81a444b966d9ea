"""The package's own scenes as a data set."""

from __future__ import annotations

from collections.abc import Iterator

from .samples import DataSet, Sample
from ..errors import ConfigError
from ..geometry import Size
from ..scenes import CLASS_NAMES, make_scene
from ..scenes.coco import coco_annotations, coco_categories


class SceneData(DataSet):
    """Scenes of seeds that follow each other."""

    def __init__(self, first: int, count: int, size: Size) -> None:
        """Take the first seed, how many, and (height, width)."""
        if count < 1:
            raise ConfigError(f'{count} scenes are asked for; 1 or more are expected')
        categories = {one['id']: one['name'] for one in coco_categories()}
        super().__init__(CLASS_NAMES, categories)
        self._seeds = range(first, first + count)
        self._size = size

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self._seeds)

    def __iter__(self) -> Iterator[Sample]:
        """Make the scenes."""
        made = 0
        for number, seed in enumerate(self._seeds, 1):
            scene = make_scene(seed, self._size)
            objects = coco_annotations(scene, number, made + 1)
            made += len(objects)
            yield Sample(f'scene {seed}', number, scene.image, scene.labels, objects)
