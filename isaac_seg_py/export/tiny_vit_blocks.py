"""The blocks of a TinyViT: convolutions, and attention in windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import nn, Tensor
from torch.nn import functional

_GROWTH: Final = 4


class NormalizedConv(nn.Sequential):
    """A convolution with normalisation, which export folds into it."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1
    ) -> None:
        """Keep the size of the image where the stride is 1."""
        super().__init__()
        padding = size // 2
        self.add_module(
            'c', nn.Conv2d(inputs, outputs, size, stride, padding, groups=groups, bias=False)
        )
        self.add_module('bn', nn.BatchNorm2d(outputs))


class ConvBlock(nn.Module):
    """Widen, look around in each channel by itself, narrow, and pass the input by."""

    def __init__(self, width: int) -> None:
        """Take the channels that go in and out."""
        super().__init__()
        inner = _GROWTH * width
        self.conv1 = NormalizedConv(width, inner)
        self.conv2 = NormalizedConv(inner, inner, 3, groups=inner)
        self.conv3 = NormalizedConv(inner, width)

    def forward(self, grid: Tensor) -> Tensor:
        """Keep size and channels."""
        inner = functional.gelu(self.conv2(functional.gelu(self.conv1(grid))))
        return functional.gelu(grid + self.conv3(inner))


class Merge(nn.Module):
    """Go on with other channels, and where the stride is 2 with half the size."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        """Take the channels before and after."""
        super().__init__()
        self.conv1 = NormalizedConv(inputs, outputs)
        self.conv2 = NormalizedConv(outputs, outputs, 3, stride, groups=outputs)
        self.conv3 = NormalizedConv(outputs, outputs)

    def forward(self, grid: Tensor) -> Tensor:
        """Return the grid of the next stage."""
        inner = functional.gelu(self.conv2(functional.gelu(self.conv1(grid))))
        merged: Tensor = self.conv3(inner)
        return merged


class Attention(nn.Module):
    """Each cell of a window asks all others; how far apart they are counts as well."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        """Take the channels, and the side of a window in cells."""
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        places = torch.arange(window)
        apart = (places[:, None] - places).abs()
        # Which bias is of two cells: rows apart times the window's side, plus columns apart.
        pairs = window * apart[:, None, :, None] + apart[None, :, None, :]
        self.register_buffer('pairs', pairs.reshape(window**2, window**2), persistent=False)

    def forward(self, cells: Tensor) -> Tensor:
        """Take and return windows (N, cells, channels)."""
        count, length, width = cells.shape
        each = width // self.heads
        # Of each head, what it asks, what it answers to and what it answers lie together.
        split = self.qkv(self.norm(cells)).reshape(count, length, self.heads, 3, each)
        asks, keys, answers = split.permute(3, 0, 2, 1, 4)
        scores = asks @ keys.transpose(-2, -1) * each**-0.5 + self.attention_biases[:, self.pairs]
        heard = scores.softmax(dim=-1) @ answers
        told: Tensor = self.proj(heard.transpose(1, 2).reshape(count, length, width))
        return told


class Mlp(nn.Module):
    """Two layers for each cell by itself."""

    def __init__(self, width: int) -> None:
        """Take the channels that go in and out."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, _GROWTH * width)
        self.fc2 = nn.Linear(_GROWTH * width, width)

    def forward(self, cells: Tensor) -> Tensor:
        """Take and return (N, H, W, channels)."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(self.norm(cells))))
        return out


class AttentionBlock(nn.Module):
    """Look around in windows, then at the neighbours, then at each cell by itself."""

    def __init__(self, width: int, heads: int, window: int, side: int) -> None:
        """Take the side of the grid, which is padded to whole windows."""
        super().__init__()
        self.window, self.side = window, side
        self.attn = Attention(width, heads, window)
        self.mlp = Mlp(width)
        self.local_conv = NormalizedConv(width, width, 3, groups=width)

    def forward(self, grid: Tensor) -> Tensor:
        """Keep size and channels."""
        grid = grid + self._in_windows(grid.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        grid = self.local_conv(grid)
        out: Tensor = grid + self.mlp(grid.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return out

    def _in_windows(self, cells: Tensor) -> Tensor:
        """Return what each window (of N, H, W, channels) makes of itself."""
        side, window, width = self.side, self.window, cells.shape[-1]
        beyond = -side % window
        # What is padded takes part, as it did when the network learned.
        cells = functional.pad(cells, (0, 0, 0, beyond, 0, beyond))
        count = (side + beyond) // window
        cells = cells.reshape(-1, count, window, count, window, width).transpose(2, 3)
        cells = self.attn(cells.reshape(-1, window * window, width))
        cells = cells.reshape(-1, count, count, window, window, width).transpose(2, 3)
        return cells.reshape(-1, side + beyond, side + beyond, width)[:, :side, :side]


class Stage(nn.Module):
    """Blocks, and what leads to the next stage."""

    def __init__(self, blocks: Sequence[nn.Module], downsample: nn.Module | None) -> None:
        """Take the modules in their order."""
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.downsample = downsample

    def forward(self, grid: Tensor) -> Tensor:
        """Return the grid of the next stage."""
        for block in self.blocks:
            grid = block(grid)
        return grid if self.downsample is None else self.downsample(grid)


class ChannelNorm(nn.LayerNorm):
    """Normalise each place over its channels; one operator, whose squares no half has to hold."""

    def forward(self, grid: Tensor) -> Tensor:
        """Keep (N, channels, H, W)."""
        return super().forward(grid.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
