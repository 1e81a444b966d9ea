"""
Training pictures: made once from seeds by several processes, kept on disk, read in batches.

Any semantic network can be trained on them. Images are stored at network size and labels at twice
that, so that a batch can look at the labels from one of four places: the outline a network learns
is then not off by half a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
import sys

import cv2
from isaac_seg_py.scenes import FIRST_ACCEPTANCE_SEED, make_scene, Scene, stream_video
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

CHUNK = 128
# Seeds from here to FIRST_ACCEPTANCE_SEED are for tuning.
FIRST_TUNING_SEED = 800_000
SIZES = [(480, 640)] * 13 + [
    (720, 1280),
    (600, 600),
    (640, 480),
    (360, 500),
    (240, 320),
    (300, 700),
]


def fit(
    scene: Scene, size: tuple[int, int]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Letterbox a scene: image (H, W, 3) at `size`, labels (2H, 2W); the bars are gray 0."""
    height, width = scene.labels.shape
    scale = min(size[0] / height, size[1] / width)
    image = _on_canvas(scene.image, scale, size, cv2.INTER_LINEAR)
    labels = _on_canvas(
        scene.labels, 2 * scale, (2 * size[0], 2 * size[1]), cv2.INTER_NEAREST_EXACT
    )
    return image, labels


def _on_canvas(
    picture: npt.NDArray[np.uint8], scale: float, size: tuple[int, int], how: int
) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    inner = (min(round(width * scale), size[1]), min(round(height * scale), size[0]))
    canvas = np.zeros((*size, *picture.shape[2:]), np.uint8)
    top, left = (size[0] - inner[1]) // 2, (size[1] - inner[0]) // 2
    small = cv2.resize(picture, inner, interpolation=how)
    canvas[top : top + inner[1], left : left + inner[0]] = small
    return canvas


def scenes_of(seed: int) -> list[Scene]:
    """Make what one training seed gives: a picture, or four moments of a video."""
    random = np.random.default_rng((seed, 2))
    size = SIZES[int(random.integers(len(SIZES)))]
    if seed % 16:
        return [make_scene(seed, size)]
    objects = int(random.integers(2, 9))
    return list(islice(stream_video(seed, size, objects), 0, 40, 10))


def _write_chunk(folder: Path, first: int, size: tuple[int, int]) -> None:
    """Write the scenes of `CHUNK` seeds; a chunk that is there already stays."""
    path = folder / f'{size[0]}x{size[1]}-{first:06d}.npz'
    if path.exists():
        return
    cv2.setNumThreads(1)
    seeds = range(first, first + CHUNK)
    pairs = [fit(scene, size) for seed in seeds for scene in scenes_of(seed)]
    images, labels = (np.stack(part) for part in zip(*pairs, strict=True))
    beside = path.with_suffix('.part.npz')
    np.savez(beside, images=images, labels=labels)
    beside.rename(path)


class SceneBatches:
    """Endless batches of the scenes of seeds 0 to `seeds`."""

    def __init__(self, folder: Path, seeds: int, size: tuple[int, int], workers: int = 2) -> None:
        if seeds > FIRST_TUNING_SEED:
            raise ValueError(
                f'{seeds} seeds reach those kept for tuning and acceptance '
                f'({FIRST_TUNING_SEED}, {FIRST_ACCEPTANCE_SEED}); ask for fewer'
            )
        folder.mkdir(parents=True, exist_ok=True)
        firsts = range(0, seeds, CHUNK)
        with ProcessPoolExecutor(workers) as pool:
            jobs = [pool.submit(_write_chunk, folder, first, size) for first in firsts]
            for done, job in enumerate(jobs, 1):
                job.result()
                print(f'\rscenes: {done * CHUNK} of {len(jobs) * CHUNK} seeds', end='')
                sys.stdout.flush()
        print()
        names = [folder / f'{size[0]}x{size[1]}-{first:06d}.npz' for first in firsts]
        # Lists of views: the pictures are in memory once.
        self._images: list[npt.NDArray[np.uint8]] = []
        self._labels: list[npt.NDArray[np.uint8]] = []
        for name in names:
            with np.load(name) as chunk:
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
                    pairs = [_crop(image, labels, crop, random) for image, labels in pairs]
                images, labels = (np.stack(part) for part in zip(*pairs, strict=True))
                yield _vary(images, labels, random)


def _crop(
    image: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    side: int,
    random: np.random.Generator,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Cut a square that shows a pixel of some object, where there is one."""
    rows, columns = np.nonzero(labels[::8, ::8])
    height, width = image.shape[:2]
    row, column = int(random.integers(height)), int(random.integers(width))
    if rows.size:
        chosen = int(random.integers(rows.size))
        row, column = int(rows[chosen]) * 4, int(columns[chosen]) * 4
    top = int(np.clip(row - random.integers(side), 0, height - side))
    left = int(np.clip(column - random.integers(side), 0, width - side))
    inner = labels[2 * top : 2 * (top + side), 2 * left : 2 * (left + side)]
    return image[top : top + side, left : left + side], inner


def _vary(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Mirror, swap colours, change brightness and contrast: no class depends on these."""
    down, right = random.integers(0, 2, 2)
    images = images[..., random.permutation(3)]
    labels = labels[:, down::2, right::2]
    if random.random() < 0.5:
        images, labels = images[:, ::-1], labels[:, ::-1]
    if random.random() < 0.5:
        images, labels = images[:, :, ::-1], labels[:, :, ::-1]
    gain = torch.from_numpy(random.uniform(0.8, 1.2, (len(images), 1, 1, 1))).float()
    offset = torch.from_numpy(random.uniform(-0.1, 0.1, (len(images), 1, 1, 1))).float()
    values = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    # The bars of a letterbox are black in every light.
    bars = values.amax(dim=1, keepdim=True) == 0
    values = ((values / 127.5 - 1) * gain + offset).clamp(-1, 1).masked_fill(bars, -1.0)
    return values, torch.from_numpy(np.ascontiguousarray(labels)).long()
