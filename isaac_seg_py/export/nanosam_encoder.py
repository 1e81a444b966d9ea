"""
The image encoder of NanoSAM: a ResNet of plain blocks, and a neck that doubles its grid.

Parameters have the names that NanoSAM's training gives them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn, Tensor
from torch.nn import functional

CHANNELS = 256
STRIDE = 16
WIDTHS = (64, 128, 256, 512)


class Block(nn.Module):
    """Two convolutions around which the input is passed by."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        """Pass the input by as it is where it has the size and channels of the output."""
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = (
            None
            if (inputs, stride) == (outputs, 1)
            else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        )

    def forward(self, grid: Tensor) -> Tensor:
        """Return the grid with the block's channels and stride."""
        passed = grid if self.downsample is None else self.downsample(grid)
        inner = functional.relu(self.bn1(self.conv1(grid)))
        return functional.relu(passed + self.bn2(self.conv2(inner)))


class Backbone(nn.Module):
    """A ResNet without its head: features at 1/32 of the image's side."""

    def __init__(self, depths: Sequence[int], widths: Sequence[int]) -> None:
        """Take the number of blocks and the channels of the four stages."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        before = widths[0]
        for number, (depth, width) in enumerate(zip(depths, widths, strict=True), 1):
            # The first stage has its stride from the pooling.
            first = Block(before, width, 1 if number == 1 else 2)
            more = [Block(width, width, 1) for _ in range(depth - 1)]
            self.add_module(f'layer{number}', nn.Sequential(first, *more))
            before = width

    def forward(self, image: Tensor) -> Tensor:
        """Return the deepest features."""
        grid = functional.relu(self.bn1(self.conv1(image)))
        grid = functional.max_pool2d(grid, 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            grid = stage(grid)
        return grid


class ResNetEncoder(nn.Module):
    """From the image, normalised on its canvas, to features such as SAM's encoder gives."""

    def __init__(
        self,
        depths: Sequence[int],
        grid: int,
        widths: Sequence[int] = WIDTHS,
        channels: int = CHANNELS,
        neck: int = CHANNELS,
    ) -> None:
        """Take the blocks of each stage, and the side of the features."""
        super().__init__()
        self.backbone = Backbone(depths, widths)
        self.up_1 = nn.Sequential(
            nn.Conv2d(widths[-1], neck, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(neck, neck, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(neck, neck, 3, padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(neck, neck, 3, 2, 1, 1),
            nn.GELU(),
        )
        self.proj = nn.Sequential(
            nn.Conv2d(neck, neck, 3, padding=1), nn.GELU(), nn.Conv2d(neck, channels, 1)
        )
        self.pos_embedding = nn.Parameter(1e-5 * torch.randn(1, channels, grid, grid))

    def forward(self, image: Tensor) -> tuple[Tensor]:
        """Encode (N, 3, H, W) as (N, channels, H/16, W/16)."""
        return (self.proj(self.up_1(self.backbone(image))) + self.pos_embedding,)
