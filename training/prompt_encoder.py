"""Prompts become what a decoder reads: tokens, and features of cells."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn, Tensor
from torch.nn import functional

from .sam_parts import Positions

_LABELS: Final = 5


class PromptEncoder(nn.Module):
    """Points, corners of boxes and earlier masks become tokens and features of cells."""

    def __init__(self, width: int, positions: Positions, seen: int) -> None:
        super().__init__()
        self.positions = positions
        # One for each label from -1 to 3.
        self.labels = nn.Parameter(torch.randn(_LABELS, width) * 0.5)
        self.no_mask = nn.Parameter(torch.zeros(width))
        self.spot = nn.Linear(seen, width)
        self.mask = nn.Sequential(
            nn.Conv2d(1, 8, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(8, width // 2, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(width // 2, width, 1),
        )

    def tokens(self, points: Tensor, labels: Tensor) -> Tensor:
        """Give (B, N, C) for points (B, N, 2) and labels (B, N)."""
        kinds = torch.arange(-1, _LABELS - 1, dtype=labels.dtype, device=labels.device)
        chosen = (labels[..., None] == kinds).to(points.dtype)
        # What means nothing is nowhere.
        somewhere = (labels >= 0).to(points.dtype)[..., None]
        tokens: Tensor = self.positions(points) * somewhere + chosen @ self.labels
        return tokens

    def spots(self, points: Tensor, labels: Tensor, seen: Tensor, stride: int) -> Tensor:
        """
        Give (B, N, C): what the picture (1 or B, S, h, w) looks like at each point.

        Written as products of matrices, which every engine has, with the weights of a linear
        interpolation; a point at the edge of the picture counts less.
        """
        channels, rows, columns = seen.shape[1:]
        down = _hat(points[..., 1], rows, stride)
        across = _hat(points[..., 0], columns, stride)
        lines = down @ seen.transpose(1, 2).flatten(2)
        looks = (lines.reshape(points.shape[0], -1, channels, columns) * across[:, :, None]).sum(
            dim=-1
        )
        somewhere = (labels >= 0).to(points.dtype)[..., None]
        spots: Tensor = self.spot(looks) * somewhere
        return spots

    def cells(self, mask: Tensor, has_mask: Tensor) -> Tensor:
        """Give (B, C, h / 4, w / 4) for earlier logits (B, 1, h, w) and 1 or 0 for each (B)."""
        there = has_mask[:, None, None, None]
        of_mask: Tensor = self.mask(torch.tanh(mask * 0.25))
        return of_mask * there + self.no_mask[None, :, None, None] * (1 - there)


def _hat(places: Tensor, count: int, stride: int) -> Tensor:
    """Give (B, N, count), how much each of a row of cells counts at places (B, N) in pixels."""
    middles = torch.arange(count, dtype=torch.float32, device=places.device) + 0.5
    return functional.relu(1 - (places[..., None] / stride - middles).abs())
