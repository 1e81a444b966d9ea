"""
Training pictures with the class of each pixel, in batches; for any semantic network.

Images are stored at network size and labels at twice that, so that a batch can look at the labels
from one of four places: the outline a network learns is then not off by half a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
from isaac_seg_py.scenes import Scene
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .augment import crop_at_object, mirror_at_random, relight
from .scene_cache import Arrays, cached_chunks, on_canvas


def fit(scene: Scene, size: tuple[int, int]) -> Arrays:
    """Letterbox a scene: image (H, W, 3) at `size`, labels (2H, 2W)."""
    return {
        'images': on_canvas(scene.image, size, cv2.INTER_LINEAR),
        'labels': on_canvas(scene.labels, size, cv2.INTER_NEAREST_EXACT, scale=2),
    }


class SceneBatches:
    """Endless batches of the scenes of seeds 0 to `seeds`."""

    def __init__(self, folder: Path, seeds: int, size: tuple[int, int], workers: int = 2) -> None:
        prefix = f'{size[0]}x{size[1]}'
        # Lists of views: the pictures are in memory once.
        self._images: list[npt.NDArray[np.uint8]] = []
        self._labels: list[npt.NDArray[np.uint8]] = []
        for path in cached_chunks(folder, prefix, seeds, partial(fit, size=size), workers):
            with np.load(path) as chunk:
                self._images.extend(chunk['images'])
                self._labels.extend(chunk['labels'])

    def __len__(self) -> int:
        return len(self._images)

    def batches(
        self, count: int, random: np.random.Generator, crop: int | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """
        Give (N, 3, H, W) images of -1 to 1 and (N, H, W) labels, in another order each time.

        With `crop` each is a square of that side with an object in it: most of a scene is
        background, from which there is little to learn.
        """
        while True:
            order = random.permutation(len(self))
            for start in range(0, len(order) - count + 1, count):
                pairs = [(self._images[i], self._labels[i]) for i in order[start : start + count]]
                if crop is not None:
                    pairs = [crop_at_object(*pair, crop, random) for pair in pairs]
                images, labels = (np.stack(part) for part in zip(*pairs, strict=True))
                down, right = random.integers(0, 2, 2)
                images, labels = mirror_at_random(images, labels[:, down::2, right::2], random)
                truth = torch.from_numpy(np.ascontiguousarray(labels)).long()
                yield relight(images, random), truth
