"""
The memory of Segment Anything 2 in two parts: what writes it, and what reads it.

The modules are those of transformers' `Sam2VideoModel` or `EdgeTamVideoModel`. Rotations are in
real numbers, of two contiguous halves: the channels of queries and keys are put in that order
beforehand, which leaves their products as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn, Tensor
from torch.nn import functional

from .edgetam_memory import Resampler, token_places

WRITER_INPUTS = ('vision_features', 'mask_logits', 'object_score_logits', 'binarize')
WRITER_OUTPUTS = ('maskmem_features', 'mask_prompt')
READER_INPUTS = ('vision_features', 'memory', 'memory_tpos', 'obj_ptrs', 'obj_ptr_tdiff')
READER_OUTPUTS = ('image_embed',)
# How much of the places is added to what is seen, as in Meta's code.
_PLACE_SHARE = 0.1
_TEMPERATURE = 10000.0


class MemoryEncoder(nn.Module):
    """From the image and the mask of an object in it to what is remembered."""

    def __init__(self, model: Any) -> None:
        """Take the memory encoder of a model; SAM 2.0 does not note that an object was hidden."""
        super().__init__()
        self.writer = model.memory_encoder
        self.reading = model.mask_downsample
        self.hidden = model.occlusion_spatial_embedding_parameter
        self.scale = model.config.sigmoid_scale_for_mem_enc
        self.bias = model.config.sigmoid_bias_for_mem_enc
        self.size = tuple(4 * side for side in model.prompt_encoder.mask_input_size)
        perceiver = getattr(model, 'spatial_perceiver', None)
        self.resampler = Resampler(perceiver, _map_places(model)) if perceiver else None

    def forward(
        self, features: Tensor, scores: Tensor, presence: Tensor, binarize: Tensor
    ) -> tuple[Tensor, Tensor]:
        """
        Encode the masks (B, 1, h, w) of objects in one image, raw scores of any size.

        Where `binarize` (B,) is 1, a pixel is inside or outside, and nothing between. The second
        output is how the decoder takes a mask that shows an object.
        """
        scores = functional.interpolate(scores, self.size, mode='bilinear', align_corners=False)
        counts = binarize.reshape(-1, 1, 1, 1)
        sure = (scores > 0).to(scores.dtype)
        mask = counts * sure + (1 - counts) * torch.sigmoid(scores)
        mask = self.writer.mask_downsampler(mask * self.scale + self.bias)
        found = self.writer.memory_fuser(self.writer.feature_projection(features) + mask)
        found = self.writer.projection(found)
        if self.hidden is not None:
            absent = (presence <= 0).to(found.dtype).reshape(-1, 1, 1, 1)
            found = found + absent * self.hidden.reshape(1, -1, 1, 1)
        if self.resampler is not None:
            found = self.resampler(found)
        return found, self.reading(sure)


class MemoryAttention(nn.Module):
    """From the image and what is remembered of objects to the image as each of them wants it."""

    def __init__(self, model: Any) -> None:
        """Take the memory attention of a model."""
        super().__init__()
        attention, config = model.memory_attention, model.config
        heads = config.memory_attention_num_attention_heads
        self.layers = nn.ModuleList(_Layer(layer, heads) for layer in attention.layers)
        self.norm = attention.layer_norm
        self.in_time = model.memory_temporal_positional_encoding
        self.ages = (
            model.temporal_positional_encoding_projection_layer
            if config.enable_temporal_pos_encoding_for_object_pointers
            else None
        )
        height, width = model.backbone_feature_sizes[-1]
        with torch.no_grad():
            cosines, sines = attention.rotary_emb(torch.zeros(1), attention.position_ids)
            grid = (1, 1, height, width)
            seen = model.vision_encoder.neck.position_encoding(grid, 'cpu', torch.float32)
            # Each pair of channels turns by the same angle.
            turn = cosines[0, :, ::2].clone(), sines[0, :, ::2].clone()
            if hasattr(model, 'spatial_perceiver'):
                kept, *kept_turn = token_places(model)
                self.memory_shape = model.mem_dim, kept.shape[1], 1
            else:
                kept, kept_turn = _map_places(model), list(turn)
                self.memory_shape = model.mem_dim, height, width
        for name, table in zip(
            ('cosines', 'sines', 'kept_cosines', 'kept_sines', 'seen_places', 'kept_places'),
            (*turn, *kept_turn, seen.flatten(2).transpose(1, 2), kept),
            strict=True,
        ):
            self.register_buffer(name, table, persistent=False)

    def forward(
        self, features: Tensor, memory: Tensor, times: Tensor, pointers: Tensor, ages: Tensor
    ) -> tuple[Tensor]:
        """
        Return the features of the image for each object, (B, D, h, w).

        Takes those of the image (1, D, h, w), maps (B, M, C, h, w) or tokens (B, M, C, tokens, 1)
        with their places in time (B, M), pointers (B, P, D) with their ages (B, P).
        """
        count, channels = memory.shape[0], memory.shape[2]
        seen = features.flatten(2).transpose(1, 2) + _PLACE_SHARE * self.seen_places
        kept = memory.flatten(3).transpose(2, 3)
        in_time = self.in_time.reshape(-1, channels)[times].unsqueeze(2)
        splits = pointers.shape[2] // channels
        told = pointers.reshape(count, -1, channels)
        told_key = told
        if self.ages is not None:
            when = self.ages(_sines(ages, pointers.shape[2])).unsqueeze(2)
            told_key = told + when.expand(-1, -1, splits, -1).reshape(count, -1, channels)
        state = seen.expand(count, -1, -1)
        turn, kept_turn = (self.cosines, self.sines), (self.kept_cosines, self.kept_sines)
        key = kept + self.kept_places + in_time
        for layer in self.layers:
            state = layer(state, kept, key, told, told_key, turn, kept_turn)
        return (self.norm(state).transpose(1, 2).reshape(-1, *features.shape[1:]),)


Turn = tuple[Tensor, Tensor]


class _Layer(nn.Module):
    """Look at the image itself, then at what is remembered, then think."""

    def __init__(self, layer: Any, heads: int) -> None:
        super().__init__()
        self.layer = layer
        self.itself = _Attention(layer.self_attn, heads)
        self.memory = _Attention(layer.cross_attn_image, heads)
        self.thinking = (
            layer.mlp
            if hasattr(layer, 'mlp')
            else nn.Sequential(layer.linear1, layer.activation, layer.linear2)
        )

    def forward(
        self, state: Tensor, kept: Tensor, kept_key: Tensor, told: Tensor, told_key: Tensor,
        turn: Turn, kept_turn: Turn,
    ) -> Tensor:  # fmt: skip
        layer = self.layer
        own = layer.layer_norm1(state)
        keys = self.itself.turned(self.itself.k(own), turn)
        state = state + self.itself(own, keys, self.itself.v(own), turn)
        asked = layer.layer_norm2(state)
        memory = self.memory
        # Pointers lie nowhere in the image, and are not turned.
        shown = memory.turned(memory.k(kept_key), kept_turn).flatten(1, 2)
        keys = torch.cat([shown, memory.k(told_key)], dim=1)
        values = torch.cat([memory.v(kept).flatten(1, 2), memory.v(told)], dim=1)
        state = state + memory(asked, keys, values, turn)
        result: Tensor = state + self.thinking(layer.layer_norm3(state))
        return result


class _Attention(nn.Module):
    """Attention whose queries, and keys where they have a place, are turned by it."""

    def __init__(self, attention: Any, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k = (_in_halves(p, heads) for p in (attention.q_proj, attention.k_proj))
        self.v, self.o = attention.v_proj, attention.o_proj
        self.scale = attention.scaling

    def forward(self, asked: Tensor, keys: Tensor, values: Tensor, turn: Turn) -> Tensor:
        queries = self._split(self.turned(self.q(asked), turn))
        weights = torch.matmul(queries * self.scale, self._split(keys).transpose(2, 3))
        found = torch.matmul(torch.softmax(weights, dim=-1), self._split(values))
        result: Tensor = self.o(found.transpose(1, 2).flatten(2))
        return result

    def turned(self, values: Tensor, turn: Turn) -> Tensor:
        """Turn the channels (..., h * w, D) of each head by the place in the grid."""
        parts = values.chunk(2 * self.heads, dim=-1)
        cosines, sines = turn
        turned = [
            half
            for first, second in zip(parts[::2], parts[1::2], strict=True)
            for half in (first * cosines - second * sines, second * cosines + first * sines)
        ]
        return torch.cat(turned, dim=-1)

    def _split(self, values: Tensor) -> Tensor:
        """Return (B, L, D) as (B, heads, L, D / heads)."""
        return values.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _map_places(model: Any) -> Tensor:
    """Return the places of the cells of a map that is remembered, (1, h * w, C)."""
    grid = (1, 1, *model.backbone_feature_sizes[-1])
    with torch.no_grad():
        places: Tensor = model.memory_encoder.position_encoding(grid, 'cpu', torch.float32)
    return places.flatten(2).transpose(1, 2)


def _in_halves(linear: nn.Linear, heads: int) -> nn.Linear:
    """Return a linear layer with the even channels of each head before the odd ones."""
    order = torch.arange(linear.out_features).reshape(heads, -1, 2).transpose(1, 2).flatten()
    made = nn.Linear(linear.in_features, linear.out_features)
    with torch.no_grad():
        made.weight.copy_(linear.weight[order])
        made.bias.copy_(linear.bias[order])
    return made


def _sines(values: Tensor, size: int) -> Tensor:
    """Write numbers (B, P) as sines and cosines of growing wavelengths, (B, P, size)."""
    half = size // 2
    steps = torch.arange(half, dtype=torch.float32)
    lengths = _TEMPERATURE ** (2 * torch.div(steps, 2, rounding_mode='floor') / half)
    turns = values.unsqueeze(-1) / lengths
    return torch.cat([torch.sin(turns), torch.cos(turns)], dim=-1)
