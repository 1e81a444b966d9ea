"""What the tiny Segment Anything 2 remembers of a frame, and how it looks back at it."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn, Tensor

from .sam_parts import Attention, Positions

MEMORY = 32
# Places in time: t - 1 to t - 6, and a frame in which the object was shown.
TIMES: Final = 7
SHOWN: Final = TIMES - 1
_HEADS: Final = 2
_DEPTH: Final = 2


class MemoryEncoder(nn.Module):
    """A frame and an object's mask in it become what is remembered of the object."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mask = nn.Sequential(
            nn.Conv2d(1, 16, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, width, 2, stride=2),
        )
        self.picture = nn.Conv2d(width, width, 1)
        self.mix = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, MEMORY, 1),
        )
        self.absent = nn.Parameter(torch.zeros(MEMORY))

    def forward(self, vision: Tensor, mask: Tensor, presence: Tensor, binarize: Tensor) -> Tensor:
        """Give (B, 32, h, w) for features (1 or B, C, h, w) and logits (B, 1, 4h, 4w)."""
        sure = binarize[:, None, None, None]
        chance = (mask > 0).to(mask.dtype) * sure + mask.sigmoid() * (1 - sure)
        features: Tensor = self.mix(self.picture(vision) + self.mask(2 * chance - 1))
        hidden = (presence <= 0).to(mask.dtype)[:, :, None, None]
        return features + hidden * self.absent[None, :, None, None]


class LookBack(nn.Module):
    """The cells of a frame look at each other, and then at what is remembered."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.among = Attention(width, width, _HEADS)
        self.back = Attention(width, width, _HEADS)
        self.think = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, cells: Tensor, places: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Give cells (B, K, C) anew."""
        normal = self.norms[0](cells)
        cells = cells + self.among(normal + places, normal + places, normal)
        normal = self.norms[1](cells)
        cells = cells + self.back(normal + places, keys, values)
        thought: Tensor = self.think(self.norms[2](cells))
        return cells + thought


class MemoryAttention(nn.Module):
    """The features of a frame, changed by what is remembered of an object: it stands out."""

    def __init__(self, width: int, positions: Positions, stride: int) -> None:
        super().__init__()
        self.positions, self.stride = positions, stride
        self.widen = nn.Linear(MEMORY, width)
        self.place = nn.Linear(width, width, bias=False)
        self.times = nn.Parameter(torch.randn(TIMES, width) * 0.2)
        self.pointer = nn.Linear(width, width)
        self.age = nn.Linear(2, width)
        self.layers = nn.ModuleList(LookBack(width) for _ in range(_DEPTH))
        self.last = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, vision: Tensor, memory: Tensor, times: Tensor, pointers: Tensor, ages: Tensor
    ) -> Tensor:
        """
        Give (B, C, h, w) for features (1 or B, C, h, w) and what is remembered of B objects.

        `memory` (B, M, 32, h, w) with its places in time (B, M); pointers (B, P, C) with their
        ages (B, P).
        """
        rows, columns = vision.shape[2:]
        places = self.place(self.positions.of_cells(rows, columns, self.stride))
        kinds = torch.arange(TIMES, dtype=times.dtype, device=times.device)
        chosen = (times[..., None] == kinds).to(memory.dtype)
        maps = self.widen(memory.flatten(3).transpose(2, 3))
        placed = maps + places + (chosen @ self.times)[:, :, None]
        spoken = self.pointer(pointers)
        # Old and very old are the same.
        old = torch.stack([ages, ages.clamp(max=0.4) * 2.5], dim=-1).clamp(max=1.0)
        keys = torch.cat([placed.flatten(1, 2), spoken + self.age(old)], dim=1)
        values = torch.cat([maps.flatten(1, 2), spoken], dim=1)
        cells = vision.flatten(2).transpose(1, 2).expand(memory.shape[0], -1, -1)
        before = cells
        for layer in self.layers:
            cells = layer(cells, places, keys, values)
        changed = before + self.last(self.norm(cells))
        return changed.transpose(1, 2).reshape(-1, changed.shape[2], rows, columns)
