"""Training pictures with objects that are shown by prompts, in batches."""

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
from .prompts import BESIDE, box_tokens, inner_point, NOTHING, ON, outer_point
from .scene_cache import Arrays, cached_chunks, on_canvas

SIDE = 320
# Cells of the deepest features: a crop begins at one of them.
_CELL = 16
# An object of which fewer pixels can be seen is not asked for.
_LEAST_PIXELS = 12
# Objects of one picture that are asked for, and how often, each time by another prompt: prompts
# take less time than pictures.
_MOST_ASKED = 3
_TIMES = 2
# How many points there are beside a box or the first point, and how often.
_MORE_POINTS = (0.6, 0.25, 0.15)
_BOX_PART = 0.5


@dataclass(frozen=True)
class Asked:
    """The K objects of a batch that are asked for, all pictures in one list."""

    pictures: Tensor
    """(K) which picture of the batch, in rising order."""
    points: Tensor
    """(K, N, 2) x and y in pixels of the whole canvas."""
    labels: Tensor
    """(K, N) 1 on the object, 0 beside it, 2 and 3 corners of a box, -1 nothing."""
    masks: Tensor
    """(K, H / 2, W / 2) how much of each cell belongs to the object, 0 to 1."""
    origin: tuple[int, int]
    """Row and column of the canvas where the pictures begin: other than 0 for crops."""


def fit(scene: Scene, side: int) -> Arrays:
    """Letterbox a scene to the top left of a square: image (S, S, 3), object ids (S, S)."""
    size = (side, side)
    ids = scene.instances.astype(np.uint8)
    return {
        'images': on_canvas(scene.image, size, cv2.INTER_LINEAR, centred=False),
        'ids': on_canvas(ids, size, cv2.INTER_NEAREST_EXACT, centred=False),
    }


class PromptBatches:
    """Endless batches of the scenes of seeds 0 to `seeds`."""

    def __init__(self, folder: Path, seeds: int, side: int = SIDE, workers: int = 2) -> None:
        prefix = f'prompted-{side}'
        self._images: list[npt.NDArray[np.uint8]] = []
        self._ids: list[npt.NDArray[np.uint8]] = []
        for path in cached_chunks(folder, prefix, seeds, partial(fit, side=side), workers):
            with np.load(path) as chunk:
                self._images.extend(chunk['images'])
                self._ids.extend(chunk['ids'])

    def __len__(self) -> int:
        return len(self._images)

    def batches(
        self, count: int, random: np.random.Generator, crop: int | None = None
    ) -> Iterator[tuple[Tensor, Asked]]:
        """Give (N, 3, H, W) images, -1 to 1 and 0 behind the scene, and what is asked of them."""
        while True:
            order = random.permutation(len(self))
            for start in range(0, len(order) - count + 1, count):
                pairs = [(self._images[i], self._ids[i]) for i in order[start : start + count]]
                origin = (0, 0)
                if crop is not None:
                    pairs = [crop_at_object(*pair, crop, random) for pair in pairs]
                    room = (len(self._ids[0]) - crop) // _CELL
                    down, right = random.integers(0, room + 1, 2)
                    origin = (int(down) * _CELL, int(right) * _CELL)
                images, ids = (np.stack(part) for part in zip(*pairs, strict=True))
                if crop is not None:
                    images, ids = mirror_at_random(images, ids, random)
                asked = ask(ids, origin, random)
                if asked is not None:
                    behind = torch.from_numpy(~images.any(axis=3))[:, None]
                    yield relight(images, random).masked_fill(behind, 0.0), asked


def ask(
    ids: npt.NDArray[np.uint8], origin: tuple[int, int], random: np.random.Generator
) -> Asked | None:
    """Choose some objects of (N, H, W) ids and prompts for them; None where there is no object."""
    more = int(random.choice(len(_MORE_POINTS), p=_MORE_POINTS))
    pictures, points, labels, masks = [], [], [], []
    for picture, numbers in enumerate(ids):
        sizes = np.bincount(numbers.ravel())
        there = [number for number in range(1, len(sizes)) if sizes[number] >= _LEAST_PIXELS]
        for number in random.permutation(there)[:_MOST_ASKED]:
            mask = np.equal(numbers, number).view(np.uint8)
            for _ in range(_TIMES):
                spots, signs = prompt_for(mask, more, random)
                pictures.append(picture)
                points.append(spots + np.array(origin[::-1]))
                labels.append(signs)
                masks.append(mask)
    if not masks:
        return None
    return Asked(
        torch.tensor(pictures),
        torch.from_numpy(np.stack(points)).float(),
        torch.from_numpy(np.stack(labels)).float(),
        functional.avg_pool2d(torch.from_numpy(np.stack(masks))[:, None].float(), 2)[:, 0],
        origin,
    )


def prompt_for(
    mask: npt.NDArray[np.uint8], more: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.float64], list[int]]:
    """Make a box or a point that shows a mask, and `more` points; always 2 + `more` tokens."""
    with_box = random.random() < _BOX_PART
    spots, signs = [], []
    for index in range(more if with_box else more + 1):
        # The first point alone has to be on the object.
        beside = (with_box or index > 0) and random.random() < 0.5
        spots.append(outer_point(mask, random) if beside else inner_point(mask, random))
        signs.append(BESIDE if beside else ON)
    corners, kinds = box_tokens(mask, random) if with_box else (np.zeros((1, 2)), [NOTHING])
    return np.concatenate([np.array(spots).reshape(-1, 2), corners]), signs + kinds
