"""Parts of promptable networks: positions, attention, and the two-way transformer."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import nn, Tensor
from torch.nn import functional

# Places of the canvas, -1 to 1, are turned into waves of random directions; how fine these are.
_FINENESS: Final = 1.5


class Positions(nn.Module):
    """Fourier features of places, the same for points of a prompt and cells of a picture."""

    waves: Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(1)
        waves = torch.randn(2, channels // 2, generator=random) * _FINENESS
        self.register_buffer('waves', waves)
        self._side = side

    def forward(self, places: Tensor) -> Tensor:
        """Give (…, C) features of (…, 2) x and y in pixels of the canvas."""
        angles = (places * (2 / self._side) - 1) @ self.waves * (2 * math.pi)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def of_cells(
        self, rows: int, columns: int, stride: int, origin: tuple[int, int] = (0, 0)
    ) -> Tensor:
        """Give (rows * columns, C) features of the middles of cells of `stride` pixels."""
        y = (torch.arange(rows, dtype=torch.float32) + 0.5) * stride + origin[0]
        x = (torch.arange(columns, dtype=torch.float32) + 0.5) * stride + origin[1]
        places = torch.stack(
            [x[None, :].expand(rows, columns), y[:, None].expand(rows, columns)], dim=-1
        )
        features: Tensor = self(places.reshape(-1, 2))
        return features


class Attention(nn.Module):
    """Attention with several heads, in a space that may be narrower than its inputs."""

    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads, self.depth = heads, inner // heads
        self.query = nn.Linear(width, inner)
        self.key = nn.Linear(width, inner)
        self.value = nn.Linear(width, inner)
        self.out = nn.Linear(inner, width)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Give (B, Q, C) for queries (B, Q, C), keys and values (B, K, C)."""
        queries, keys, values = (
            layer(given).reshape(given.shape[0], -1, self.heads, self.depth).transpose(1, 2)
            for layer, given in ((self.query, query), (self.key, key), (self.value, value))
        )
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, scale=self.depth**-0.5
        )
        together = mixed.transpose(1, 2).reshape(query.shape[0], -1, self.heads * self.depth)
        out: Tensor = self.out(together)
        return out


class TwoWayLayer(nn.Module):
    """Tokens look at each other and at the picture; then the picture looks at the tokens."""

    def __init__(self, width: int, inner: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.among = Attention(width, width, heads)
        self.look = Attention(width, inner, heads)
        self.think = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))
        self.tell = Attention(width, inner, heads)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))

    def forward(
        self, tokens: Tensor, cells: Tensor, token_places: Tensor, cell_places: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give tokens (B, T, C) and cells (B, K, C) anew."""
        placed = tokens + token_places
        tokens = self.norms[0](tokens + self.among(placed, placed, tokens))
        looked = self.look(tokens + token_places, cells + cell_places, cells)
        tokens = self.norms[1](tokens + looked)
        tokens = self.norms[2](tokens + self.think(tokens))
        told = self.tell(cells + cell_places, tokens + token_places, tokens)
        return tokens, self.norms[3](cells + told)


class TwoWayTransformer(nn.Module):
    """Layers of it, each with a close look at the picture, and a last look of the tokens."""

    def __init__(self, width: int, inner: int, heads: int, depth: int = 2) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            TwoWayLayer(width, inner, heads, 2 * width) for _ in range(depth)
        )
        self.close_looks = nn.ModuleList(Attention(width, inner, heads) for _ in range(depth))
        self.last_look = Attention(width, inner, heads)
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        tokens: Tensor,
        cells: Tensor,
        cell_places: Tensor,
        close: Tensor,
        close_places: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """
        Give tokens and cells anew; the tokens as given are their own places.

        `close` are smaller cells, which no prompt changes: a look at them costs next to nothing.
        """
        places = tokens
        for layer, look in zip(self.layers, self.close_looks, strict=True):
            tokens, cells = layer(tokens, cells, places, cell_places)
            tokens = tokens + look(tokens + places, close + close_places, close)
        looked = self.last_look(tokens + places, cells + cell_places, cells)
        return self.norm(tokens + looked), cells


def twice(features: Tensor) -> Tensor:
    """Bring a picture of features to twice its size."""
    return functional.interpolate(features, scale_factor=2.0, mode='bilinear', align_corners=False)
