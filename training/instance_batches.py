"""Training pictures with the object of each pixel, in batches; for networks that find objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
from isaac_seg_py.scenes import Scene
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from .augment import crop_at_object, mirror_at_random, relight
from .scene_cache import Arrays, cached_chunks, on_canvas

# An object of which fewer pixels can be seen is not asked for.
_LEAST_PIXELS = 12
_MOST_OBJECTS = 64


@dataclass(frozen=True)
class Objects:
    """The K objects of a batch, all pictures in one list."""

    pictures: Tensor
    """(K) which picture of the batch."""
    classes: Tensor
    """(K) class ids, from 0: there is no background."""
    boxes: Tensor
    """(K, 4) x1, y1, x2, y2 in pixels, the ends exclusive."""
    masks: Tensor
    """(K, H / 2, W / 2) how much of each cell belongs to the object, 0 to 1."""


def fit(scene: Scene, size: tuple[int, int]) -> Arrays:
    """Letterbox a scene: image (H, W, 3), object ids (H, W), and the class of each id."""
    classes = np.zeros(_MOST_OBJECTS + 1, np.uint8)
    for number, class_id in scene.class_ids.items():
        classes[number] = class_id
    ids = scene.instances.astype(np.uint8)
    return {
        'images': on_canvas(scene.image, size, cv2.INTER_LINEAR),
        'ids': on_canvas(ids, size, cv2.INTER_NEAREST_EXACT),
        'classes': classes,
    }


class InstanceBatches:
    """Endless batches of the scenes of seeds 0 to `seeds`."""

    def __init__(self, folder: Path, seeds: int, size: tuple[int, int], workers: int = 2) -> None:
        prefix = f'objects-{size[0]}x{size[1]}'
        self._parts: dict[str, list[npt.NDArray[np.uint8]]] = {}
        for path in cached_chunks(folder, prefix, seeds, partial(fit, size=size), workers):
            with np.load(path) as chunk:
                for name in chunk.files:
                    self._parts.setdefault(name, []).extend(chunk[name])

    def __len__(self) -> int:
        return len(self._parts['images'])

    def batches(
        self, count: int, random: np.random.Generator, crop: int | None = None
    ) -> Iterator[tuple[Tensor, Objects]]:
        """Give (N, 3, H, W) images of -1 to 1 and their objects; see `SceneBatches.batches`."""
        images, ids, classes = (self._parts[name] for name in ('images', 'ids', 'classes'))
        while True:
            order = random.permutation(len(self))
            for start in range(0, len(order) - count + 1, count):
                chosen = order[start : start + count]
                pairs = [(images[i], ids[i]) for i in chosen]
                if crop is not None:
                    pairs = [crop_at_object(*pair, crop, random) for pair in pairs]
                pictures, numbers = (np.stack(part) for part in zip(*pairs, strict=True))
                pictures, numbers = mirror_at_random(pictures, numbers, random)
                objects = find_objects(numbers, np.stack([classes[i] for i in chosen]))
                yield relight(pictures, random), objects


def find_objects(ids: npt.NDArray[np.uint8], classes: npt.NDArray[np.uint8]) -> Objects:
    """Measure the objects of (N, H, W) ids; `classes` (N, ids) has the class of each."""
    pictures, kinds, boxes, masks = [], [], [], []
    for picture, numbers in enumerate(ids):
        for number, pixels in enumerate(np.bincount(numbers.ravel())):
            if number == 0 or pixels < _LEAST_PIXELS:
                continue
            mask = np.equal(numbers, number).view(np.uint8)
            x, y, wide, high = cv2.boundingRect(mask)
            pictures.append(picture)
            kinds.append(int(classes[picture, number]) - 1)
            boxes.append((x, y, x + wide, y + high))
            masks.append(mask)
    half = (ids.shape[1] // 2, ids.shape[2] // 2)
    whole = torch.from_numpy(np.stack(masks) if masks else np.zeros((0, *ids.shape[1:]), np.uint8))
    return Objects(
        torch.tensor(pictures, dtype=torch.long),
        torch.tensor(kinds, dtype=torch.long),
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        functional.avg_pool2d(whole[:, None].float(), 2)[:, 0].reshape(-1, *half),
    )
