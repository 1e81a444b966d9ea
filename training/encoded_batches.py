"""Pictures as an encoder sees them, each with as many objects that are shown by prompts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn, Tensor
from torch.nn import functional

from .prompt_batches import prompt_for, PromptBatches, SIDE

# Prompts for each picture: its objects in turn.
_EACH: Final = 6
_LEAST_PIXELS: Final = 20
# How many points there are beside a box or the first point, and how often.
_MORE_POINTS: Final = (0.7, 0.2, 0.1)


@dataclass(frozen=True)
class Shown:
    """The B objects that are shown, so many of each picture, one picture after the other."""

    points: Tensor
    """(B, N, 2) x and y in pixels of the canvas."""
    labels: Tensor
    """(B, N) 1 on the object, 0 beside it, 2 and 3 corners of a box, -1 nothing."""
    masks: Tensor
    """(B, H / 2, W / 2) how much of each cell belongs to the object, 0 to 1."""


class EncodedBatches(PromptBatches):
    """Endless batches of scenes that were encoded once, which is kept in memory."""

    def __init__(self, folder: Path, seeds: int, encoder: nn.Module, side: int = SIDE) -> None:
        super().__init__(folder, seeds, side)
        self._encoded = np.stack([_encode(encoder, image) for image in self._images])
        self._there = [_numbers(ids) for ids in self._ids]

    def encoded(self, count: int, random: np.random.Generator) -> Iterator[tuple[Tensor, Shown]]:
        """Give (P, 576, H / 16, W / 16) embeddings of `count` pictures, and what is shown."""
        usable = [index for index, there in enumerate(self._there) if len(there)]
        while True:
            order = random.permutation(usable)
            for start in range(0, len(order) - count + 1, count):
                chosen = order[start : start + count]
                embeddings = torch.from_numpy(self._encoded[chosen].astype(np.float32))
                yield embeddings, self._show(chosen, random)

    def _show(self, chosen: npt.NDArray[np.intp], random: np.random.Generator) -> Shown:
        more = int(random.choice(len(_MORE_POINTS), p=_MORE_POINTS))
        points, labels, masks = [], [], []
        for index in chosen:
            for number in np.resize(random.permutation(self._there[index]), _EACH):
                mask = np.equal(self._ids[index], number).view(np.uint8)
                spots, signs = prompt_for(mask, more, random)
                points.append(spots)
                labels.append(signs)
                masks.append(mask)
        truth = torch.from_numpy(np.stack(masks))[:, None].float()
        return Shown(
            torch.from_numpy(np.stack(points)).float(),
            torch.tensor(labels).float(),
            functional.avg_pool2d(truth, 2)[:, 0],
        )


@torch.no_grad()
def _encode(encoder: nn.Module, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    behind = torch.from_numpy(~image.any(axis=2))
    values = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1
    embeddings: Tensor = encoder(values.masked_fill(behind, 0.0))[0]
    return embeddings.numpy().astype(np.float16)


def _numbers(ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Give the numbers of the objects of which enough can be seen."""
    return 1 + np.flatnonzero(np.bincount(ids.ravel())[1:] >= _LEAST_PIXELS)
