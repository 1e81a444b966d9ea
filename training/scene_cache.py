"""Pictures that are made once from seeds, by several processes, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
import multiprocessing
from pathlib import Path
import sys
from typing import TypeAlias

import cv2
from isaac_seg_py.scenes import FIRST_ACCEPTANCE_SEED, make_scene, Scene, stream_video
import numpy as np
import numpy.typing as npt

Arrays: TypeAlias = dict[str, npt.NDArray[np.uint8]]

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


def scenes_of(seed: int) -> list[Scene]:
    """Make what one training seed gives: a picture, or four moments of a video."""
    random = np.random.default_rng((seed, 2))
    size = SIZES[int(random.integers(len(SIZES)))]
    if seed % 16:
        return [make_scene(seed, size)]
    objects = int(random.integers(2, 9))
    return list(islice(stream_video(seed, size, objects), 0, 40, 10))


def on_canvas(
    picture: npt.NDArray[np.uint8],
    size: tuple[int, int],
    how: int,
    scale: int = 1,
    centred: bool = True,
) -> npt.NDArray[np.uint8]:
    """
    Letterbox a picture on a canvas of `size` times `scale`; the bars are 0.

    What is not centred begins at the top left.
    """
    height, width = picture.shape[:2]
    factor = scale * min(size[0] / height, size[1] / width)
    canvas = np.zeros((scale * size[0], scale * size[1], *picture.shape[2:]), np.uint8)
    inner = (
        min(round(width * factor), canvas.shape[1]),
        min(round(height * factor), canvas.shape[0]),
    )
    top, left = 0, 0
    if centred:
        top, left = (canvas.shape[0] - inner[1]) // 2, (canvas.shape[1] - inner[0]) // 2
    small = cv2.resize(picture, inner, interpolation=how)
    canvas[top : top + inner[1], left : left + inner[0]] = small
    return canvas


def cached_chunks(
    folder: Path,
    prefix: str,
    seeds: int,
    prepare: Callable[[Scene], Arrays],
    workers: int,
    make: Callable[[int], list[Scene]] = scenes_of,
) -> list[Path]:
    """
    Give the files with the scenes of seeds 0 to `seeds`; makes those that are not there.

    Each holds what `prepare` gives, by name, stacked over the scenes that `make` gives of a seed.
    """
    if seeds > FIRST_TUNING_SEED:
        raise ValueError(
            f'{seeds} seeds reach those kept for tuning and acceptance '
            f'({FIRST_TUNING_SEED}, {FIRST_ACCEPTANCE_SEED}); ask for fewer'
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f'{prefix}-{first:06d}.npz' for first in range(0, seeds, CHUNK)]
    # A fork would copy the locks of threads that it has not.
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        jobs = [
            pool.submit(_write_chunk, path, number * CHUNK, prepare, make)
            for number, path in enumerate(paths)
            if not path.exists()
        ]
        for done, job in enumerate(jobs, 1):
            job.result()
            print(f'\rscenes: {done * CHUNK} of {len(jobs) * CHUNK} seeds', end='')
            sys.stdout.flush()
    if jobs:
        print()
    return paths


def _write_chunk(
    path: Path,
    first: int,
    prepare: Callable[[Scene], Arrays],
    make: Callable[[int], list[Scene]],
) -> None:
    cv2.setNumThreads(1)
    seeds = range(first, first + CHUNK)
    made = [prepare(scene) for seed in seeds for scene in make(seed)]
    beside = path.with_suffix('.part.npz')
    np.savez(beside, **{name: np.stack([part[name] for part in made]) for name in made[0]})
    beside.rename(path)
