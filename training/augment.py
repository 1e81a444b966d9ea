"""What may change in a training picture without changing its truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Bytes = npt.NDArray[np.uint8]


def crop_at_object(
    image: Bytes, truth: Bytes, side: int, random: np.random.Generator
) -> tuple[Bytes, Bytes]:
    """
    Cut a square that shows a pixel of some object, where there is one.

    `truth` is 0 where no object is; it may be larger than the image by a whole factor.
    """
    height, width = image.shape[:2]
    finer = truth.shape[0] // height
    rows, columns = np.nonzero(truth[:: 4 * finer, :: 4 * finer])
    row, column = int(random.integers(height)), int(random.integers(width))
    if rows.size:
        chosen = int(random.integers(rows.size))
        row, column = int(rows[chosen]) * 4, int(columns[chosen]) * 4
    top = int(np.clip(row - random.integers(side), 0, height - side))
    left = int(np.clip(column - random.integers(side), 0, width - side))
    inner = truth[finer * top : finer * (top + side), finer * left : finer * (left + side)]
    return image[top : top + side, left : left + side], inner


def mirror_at_random(
    images: Bytes, truth: Bytes, random: np.random.Generator
) -> tuple[Bytes, Bytes]:
    """Mirror a batch (N, H, W, …) and its truth: across, down, both or not at all."""
    if random.random() < 0.5:
        images, truth = images[:, ::-1], truth[:, ::-1]
    if random.random() < 0.5:
        images, truth = images[:, :, ::-1], truth[:, :, ::-1]
    return images, truth


def relight(images: Bytes, random: np.random.Generator) -> Tensor:
    """Swap colours, change brightness and contrast; give (N, 3, H, W) values of -1 to 1."""
    images = images[..., random.permutation(3)]
    gain = torch.from_numpy(random.uniform(0.8, 1.2, (len(images), 1, 1, 1))).float()
    offset = torch.from_numpy(random.uniform(-0.1, 0.1, (len(images), 1, 1, 1))).float()
    values = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    # The bars of a letterbox are black in every light.
    bars = values.amax(dim=1, keepdim=True) == 0
    return ((values / 127.5 - 1) * gain + offset).clamp(-1, 1).masked_fill(bars, -1.0)
