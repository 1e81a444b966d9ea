"""Pictures to distil on: a folder of any images, or scenes; crops of them on the canvas."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.images import RawImage
from isaac_seg_py.picture_files import IMAGE_SUFFIXES, read_image
from isaac_seg_py.scenes import make_scene
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .scene_cache import FIRST_TUNING_SEED

_SCENE_SIZE = (480, 640)
# One picture in so many is kept to measure on, and never learned from.
_HELD_OUT = 20
# A crop has at least this part of each side.
_SMALLEST = 0.4


class Pictures:
    """Batches of normalised pictures, which depend on nothing but the seed and the step."""

    def __init__(self, folder: Path | None, scenes: int, side: int, seed: int) -> None:
        """Take a folder, or a number of scenes where it is None; `side` is the canvas."""
        if folder is None:
            self._learned: list[Path | int] = list(range(scenes))
            self._kept: list[Path | int] = list(range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + 8))
        else:
            found = sorted(p for p in folder.rglob('*') if p.suffix.lower() in IMAGE_SUFFIXES)
            self._kept = list(found[::_HELD_OUT])
            self._learned = [path for n, path in enumerate(found) if n % _HELD_OUT]
        if not self._learned:
            raise ValueError(f'there is too little to learn from in {folder or "no scenes"}')
        if folder is None and scenes > FIRST_TUNING_SEED:
            raise ValueError(f'{scenes} scenes reach those kept to measure on; ask for fewer')
        self._seed = seed
        self._encode = ImageEncoder(
            EncodeConfig(
                network_image_height=side,
                network_image_width=side,
                fit='letterbox_top_left',
                pad_after_normalization=True,
                image_mean=(0.485, 0.456, 0.406),
                image_stddev=(0.229, 0.224, 0.225),
            )
        )

    def __len__(self) -> int:
        """Count the pictures that are learned from."""
        return len(self._learned)

    def batch(self, step: int, count: int) -> Tensor:
        """Return crops of some pictures, (count, 3, side, side); the same for the same step."""
        random = np.random.default_rng((self._seed, step))
        places = random.integers(len(self._learned), size=count).tolist()
        return self._on_canvas([_crop(_open(self._learned[at]), random) for at in places])

    def held_out(self, most: int) -> Tensor:
        """Return whole pictures that no step learns from."""
        return self._on_canvas([_open(one) for one in self._kept[:most]])

    def _on_canvas(self, pictures: list[npt.NDArray[np.uint8]]) -> Tensor:
        made = []
        for picture in pictures:
            tensors = self._encode(RawImage.from_array(picture, 'rgb8'))
            # The encoder's buffer is taken again for the next one.
            made.append(next(iter(tensors.arrays.values())).copy())
        return torch.from_numpy(np.concatenate(made))


def _open(one: Path | int) -> npt.NDArray[np.uint8]:
    return make_scene(one, _SCENE_SIZE).image if isinstance(one, int) else read_image(one)


def _crop(picture: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return a part of a picture, or its mirror image."""
    shares = random.uniform(_SMALLEST, 1, size=2)
    height, width = (max(1, int(n * s)) for n, s in zip(picture.shape, shares, strict=False))
    top = int(random.integers(picture.shape[0] - height + 1))
    left = int(random.integers(picture.shape[1] - width + 1))
    part = picture[top : top + height, left : left + width]
    return np.ascontiguousarray(part[:, ::-1] if random.random() < 0.5 else part)
