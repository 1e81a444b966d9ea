"""Short videos in which objects are shown once and have to be followed, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
from isaac_seg_py.scenes import Scene
from isaac_seg_py.scenes.render import render
from isaac_seg_py.scenes.world import moving_world
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from .augment import mirror_at_random, relight
from .prompts import box_tokens, inner_point, NOTHING, ON
from .scene_cache import Arrays, cached_chunks, on_canvas

SIZE = (240, 320)
FRAMES = 8
_PICTURE = (480, 640)
_MOST_OBJECTS = 4
# The first frame, and how many frames lie between two of a clip.
_LATEST_START = 14
_STEPS = (1, 2, 2, 3)
# An object that shows fewer pixels in the first frame is not followed.
_LEAST_PIXELS = 24
# How an object is shown: by a box, by a point, or by its mask.
_KINDS = (0.5, 0.3, 0.2)
_TOKENS = 3
# Clips in which an object disappears come so many times more.
_HIDDEN_MORE = 3


@dataclass(frozen=True)
class Followed:
    """The K objects of a batch of clips that are followed."""

    clips: Tensor
    """(K) which clip of the batch."""
    points: Tensor
    """(K, 3, 2) x and y in pixels of the canvas, in the first frame."""
    labels: Tensor
    """(K, 3) 1 on the object, 2 and 3 corners of a box, -1 nothing."""
    shown: Tensor
    """(K) 1 for those that the true mask of the first frame shows, else 0."""
    masks: Tensor
    """(T, K, H / 2, W / 2) how much of each cell belongs to the object, 0 to 1."""

    @property
    def visible(self) -> Tensor:
        """Say in which frames anything can be seen of an object, (T, K)."""
        return self.masks.flatten(2).amax(dim=2) > 0


def clip_of(seed: int) -> list[Scene]:
    """Make what one training seed gives: some frames of a video."""
    random = np.random.default_rng((seed, 4))
    world = moving_world(seed, _PICTURE, int(random.integers(2, _MOST_OBJECTS + 1)))
    start, step = int(random.integers(_LATEST_START + 1)), int(random.choice(_STEPS))
    return [render(world, start + step * index) for index in range(FRAMES)]


def fit(scene: Scene, size: tuple[int, int]) -> Arrays:
    """Letterbox a scene: image (H, W, 3) and object ids (H, W)."""
    ids = scene.instances.astype(np.uint8)
    return {
        'images': on_canvas(scene.image, size, cv2.INTER_LINEAR),
        'ids': on_canvas(ids, size, cv2.INTER_NEAREST_EXACT),
    }


class ClipBatches:
    """Endless batches of the clips of seeds 0 to `seeds`."""

    def __init__(
        self, folder: Path, seeds: int, size: tuple[int, int] = SIZE, workers: int = 2
    ) -> None:
        prefix = f'clips-{size[0]}x{size[1]}'
        prepare = partial(fit, size=size)
        self._images: list[npt.NDArray[np.uint8]] = []
        self._ids: list[npt.NDArray[np.uint8]] = []
        for path in cached_chunks(folder, prefix, seeds, prepare, workers, clip_of):
            with np.load(path) as chunk:
                for name, clips in (('images', self._images), ('ids', self._ids)):
                    frames = chunk[name]
                    clips.extend(frames.reshape(-1, FRAMES, *frames.shape[1:]))
        hidden = [index for index, frames in enumerate(self._ids) if _hides(frames)]
        self._often = np.array([*range(len(self)), *hidden * _HIDDEN_MORE])

    def __len__(self) -> int:
        return len(self._images)

    def batches(
        self, count: int, random: np.random.Generator, crop: int | None = None
    ) -> Iterator[tuple[Tensor, Followed]]:
        """
        Give (N * T, 3, H, W) images of -1 to 1, clip after clip, and the objects to follow.

        With `crop` a clip has that many frames, not all: short ones come first.
        """
        length = crop or FRAMES
        while True:
            order = random.permutation(self._often)
            for start in range(0, len(order) - count + 1, count):
                first = int(random.integers(FRAMES - length + 1))
                part = slice(first, first + length)
                pairs = [
                    (self._images[i][part], self._ids[i][part])
                    for i in order[start : start + count]
                ]
                images, ids = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
                images, ids = mirror_at_random(images, ids, random)
                backwards = -1 if random.random() < 0.5 else 1
                images, ids = (
                    whole.reshape(count, length, *whole.shape[1:])[:, ::backwards]
                    for whole in (images, ids)
                )
                followed = follow(ids, random)
                if followed is not None:
                    lit = relight(images.reshape(-1, *images.shape[2:]), random)
                    yield lit, followed


def _hides(frames: npt.NDArray[np.uint8]) -> bool:
    """Say whether an object of the first frame cannot be seen in another one."""
    first = np.unique(frames[0])
    return any(len(np.setdiff1d(first, frame[::2, ::2])) for frame in frames[1:])


def follow(ids: npt.NDArray[np.uint8], random: np.random.Generator) -> Followed | None:
    """Choose prompts for the objects in the first frames of (N, T, H, W) ids; None without any."""
    clips, points, labels, shown, masks = [], [], [], [], []
    for clip, frames in enumerate(ids):
        for number, pixels in enumerate(np.bincount(frames[0].ravel())):
            if number == 0 or pixels < _LEAST_PIXELS:
                continue
            mask = np.equal(frames, number).view(np.uint8)
            spots, signs = np.zeros((_TOKENS, 2)), [NOTHING] * _TOKENS
            kind = int(random.choice(len(_KINDS), p=_KINDS))
            if kind == 0:
                spots[:2], signs[:2] = box_tokens(mask[0], random)
            elif kind == 1:
                spots[0], signs[0] = inner_point(mask[0], random), ON
            clips.append(clip)
            points.append(spots)
            labels.append(signs)
            shown.append(float(kind == 2))
            masks.append(mask)
    if not masks:
        return None
    whole = torch.from_numpy(np.stack(masks, axis=1)).float()
    return Followed(
        torch.tensor(clips),
        torch.from_numpy(np.stack(points)).float(),
        torch.tensor(labels, dtype=torch.float32),
        torch.tensor(shown),
        functional.avg_pool2d(whole, 2),
    )
