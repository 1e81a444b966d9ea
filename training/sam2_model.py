"""The tiny Segment Anything 2: the tiny Segment Anything, and a memory of objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn, Tensor

from .sam2_memory import MemoryAttention, MemoryEncoder
from .sam_model import Features, Said, Sight, TinySam, WIDTH

STRIDE: Final = 16
# Logits of the mask of an object that is not in sight.
ABSENT: Final = -1024.0
_STABILITY_OFFSET: Final = 0.05


@dataclass(frozen=True)
class Found:
    """What is said of B objects in one frame."""

    said: Said
    """As the decoder says it, wherever the object is."""
    pointers: Tensor
    """(B, 4, 64) what each mask says the object is like."""

    @classmethod
    def together(cls, parts: list[tuple[Tensor, Found]]) -> Found:
        """Put answers with their rows into one, in the order of the rows."""
        order = torch.cat([rows for rows, _ in parts]).argsort()

        def join(of: Callable[[Found], Tensor]) -> Tensor:
            return torch.cat([of(found) for _, found in parts])[order]

        said = Said(
            join(lambda found: found.said.masks),
            join(lambda found: found.said.scores),
            join(lambda found: found.said.tokens),
            join(lambda found: found.said.presence),
        )
        return cls(said, join(lambda found: found.pointers))

    @property
    def present(self) -> Tensor:
        """Say which objects are in sight, (B, 1)."""
        return self.said.presence > 0

    @property
    def masks(self) -> Tensor:
        """Give (B, 4, h, w) logits, those of objects out of sight far below 0."""
        return torch.where(self.present[:, :, None, None], self.said.masks, ABSENT)


class TinySam2(TinySam):
    """
    The encoder and the decoder of the tiny Segment Anything, and what remembers.

    The trunk stays as it was learned on single pictures, which are far more varied than videos;
    only how it is read is learned. That is most of why eight frames of a clip fit into a step.
    """

    def __init__(self, side: int) -> None:
        super().__init__(side)
        self.remember = MemoryEncoder(WIDTH)
        self.recall = MemoryAttention(WIDTH, self.decoder.positions, STRIDE)
        self.no_memory = nn.Parameter(torch.zeros(WIDTH))
        self.pointer = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))
        self.no_pointer = nn.Parameter(torch.zeros(WIDTH))
        nn.init.constant_(self.decoder.presence.bias, 2.0)

    def train(self, mode: bool = True) -> TinySam2:
        """Keep what the trunk's normalisations have seen."""
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, image: Tensor) -> Sight:
        """Look at the frames of clips, to be asked about them later."""
        with torch.no_grad():
            trunk = self.encoder.trunk(image)
        return Sight(self, self.encoder.narrow(*trunk))

    def bare(self, vision: Tensor) -> Tensor:
        """Give the features of a frame of which nothing is remembered."""
        return vision + self.no_memory[None, :, None, None]

    def find(
        self,
        embedding: Tensor,
        seen: Features,
        points: Tensor,
        labels: Tensor,
        mask: Tensor,
        has_mask: Tensor,
    ) -> Found:
        """Answer prompts on embeddings (B, C, h, w), with the finer features of the frame."""
        features = Features(embedding, seen.middle, seen.fine)
        said = self.answer(features, points, labels, mask, has_mask)
        there = (said.presence > 0).to(embedding.dtype)[:, :, None]
        pointers = self.pointer(said.tokens) * there + self.no_pointer * (1 - there)
        return Found(said, pointers)


class ImageEncoder(nn.Module):
    """The image encoder as it is exported."""

    def __init__(self, network: TinySam2) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Give `image_embed`, `high_res_feats_0`, `high_res_feats_1` and `vision_features`."""
        seen = self.network.encoder(image)
        return self.network.bare(seen.deep), seen.fine, seen.middle, seen.deep


class Decoder(nn.Module):
    """The decoder of prompts as it is exported."""

    def __init__(self, network: TinySam2) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        embedding: Tensor,
        fine: Tensor,
        middle: Tensor,
        points: Tensor,
        labels: Tensor,
        mask: Tensor,
        has_mask: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Give masks, expected IoU, pointers, the logit of being in sight, and stability."""
        seen = Features(embedding, middle, fine)
        found = self.network.find(embedding, seen, points, labels, mask, has_mask)
        first = found.said.masks[:, 0].flatten(1)
        sure = (first > _STABILITY_OFFSET).to(first.dtype).sum(dim=1)
        perhaps = (first > -_STABILITY_OFFSET).to(first.dtype).sum(dim=1)
        # What is nowhere does not change.
        stability = (sure + (perhaps < 1).to(first.dtype)) / perhaps.clamp(min=1.0)
        return (
            found.masks,
            found.said.scores,
            found.pointers,
            found.said.presence,
            stability[:, None],
        )
