"""
Where the memory of EdgeTAM differs from that of Segment Anything 2.

An image is remembered as a list of tokens and not as a map: some have asked the whole map, each
of the others one window of it. Only those of windows lie in a grid, which is coarser than the
image's. The modules are those of transformers' `EdgeTamVideoModel`.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import torch
from torch import nn, Tensor

from ..errors import ModelError


class Resampler(nn.Module):
    """From the map of what is remembered to the tokens that are kept of it."""

    def __init__(self, perceiver: Any, places: Tensor) -> None:
        """Take what makes the tokens, and the places of the map's cells, (1, h * w, C)."""
        super().__init__()
        self.layers, self.norm = perceiver.layers, perceiver.layer_norm
        self.of_all, self.of_windows = perceiver.latents_1d, perceiver.latents_2d
        self.windows = isqrt(perceiver.num_latents_2d)
        self.register_buffer('places', places, persistent=False)

    def forward(self, found: Tensor) -> Tensor:
        """Return the tokens (B, C, tokens, 1) of maps (B, C, h, w)."""
        count, channels = found.shape[:2]
        cells = found.flatten(2).transpose(1, 2)
        every = self.of_all.unsqueeze(0).expand(count, -1, -1)
        places = self.places.expand(count, -1, -1)
        for layer in self.layers:
            every = layer(every, cells, places)
        split = found.unflatten(3, (self.windows, -1)).unflatten(2, (self.windows, -1))
        cells = split.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(0, 2)
        one = self.of_windows.unsqueeze(0).expand(count, -1, -1).reshape(-1, 1, channels)
        for layer in self.layers:
            one = layer(one, cells)
        tokens = torch.cat([every, one.reshape(count, -1, channels)], dim=1)
        result: Tensor = self.norm(tokens).transpose(1, 2).unsqueeze(-1)
        return result


def token_places(model: Any) -> tuple[Tensor, Tensor, Tensor]:
    """
    Return the places of tokens (1, tokens, C), and by which cosines and sines their keys turn.

    What has seen the whole map lies nowhere in it, and its keys are not turned.
    """
    perceiver, attention = model.spatial_perceiver, model.memory_attention
    side, grid = isqrt(perceiver.num_latents_2d), len(attention.position_ids_k)
    if not perceiver.num_latents_1d or not side or side**2 != grid:
        raise ModelError(
            f'EdgeTAM keeps {perceiver.num_latents_1d} tokens of all and '
            f'{perceiver.num_latents_2d} of windows, and turns {grid}; some of both are expected, '
            'and those of windows in a square'
        )
    shape = (1, perceiver.hidden_size, side, side)
    places = perceiver.positional_encoding(shape, 'cpu', torch.float32)
    cosines, sines = attention.rotary_emb(torch.zeros(1), attention.position_ids_k)
    cosines, sines = cosines[0, :, ::2], sines[0, :, ::2]
    all_of_it = perceiver.num_latents_1d
    return (
        _behind(0.0, all_of_it, places[0].flatten(1).T).unsqueeze(0),
        _behind(1.0, all_of_it, cosines),
        _behind(0.0, all_of_it, sines),
    )


def _behind(value: float, rows: int, table: Tensor) -> Tensor:
    """Return a table behind rows of one value."""
    return torch.cat([torch.full((rows, table.shape[1]), value), table.detach()])
