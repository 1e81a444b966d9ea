"""Meta's checkpoints of Segment Anything: names and sizes for the modules of transformers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import re
from typing import Any, Final

from ..errors import ModelError

VISION: Final = 'vision_encoder.'
_HEADS: Final = 8
_PATCH: Final = 16
_PLACES: Final = 'prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'

# What each part of a name becomes, in this order.
_RULES: Final = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r'^image_encoder\.', VISION),
        (r'\.neck\.0\.', '.neck.conv1.'),
        (r'\.neck\.1\.', '.neck.layer_norm1.'),
        (r'\.neck\.2\.', '.neck.conv2.'),
        (r'\.neck\.3\.', '.neck.layer_norm2.'),
        (r'\.patch_embed\.proj\.', '.patch_embed.projection.'),
        (r'\.blocks\.', '.layers.'),
        (r'\.norm(\d)\.', r'.layer_norm\1.'),
        (r'\.norm_final_attn\.', '.layer_norm_final_attn.'),
        (r'\.mask_downscaling\.0\.', '.mask_embed.conv1.'),
        (r'\.mask_downscaling\.1\.', '.mask_embed.layer_norm1.'),
        (r'\.mask_downscaling\.3\.', '.mask_embed.conv2.'),
        (r'\.mask_downscaling\.4\.', '.mask_embed.layer_norm2.'),
        (r'\.mask_downscaling\.6\.', '.mask_embed.conv3.'),
        (r'\.point_embeddings\.', '.point_embed.'),
        (r'\.output_upscaling\.0\.', '.upscale_conv1.'),
        (r'\.output_upscaling\.1\.', '.upscale_layer_norm.'),
        (r'\.output_upscaling\.3\.', '.upscale_conv2.'),
        (r'(mlps\.\d|iou_prediction_head)\.layers\.0\.', r'\1.proj_in.'),
        (r'(mlps\.\d|iou_prediction_head)\.layers\.1\.', r'\1.layers.0.'),
        (r'(mlps\.\d|iou_prediction_head)\.layers\.2\.', r'\1.proj_out.'),
    )
)


def renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return weights of Meta's names by those of transformers."""
    found = {}
    for name, weight in state.items():
        if name == _PLACES:
            # Points and cells are told their places with the same numbers.
            for owner in ('shared_image_embedding', 'prompt_encoder.shared_embedding'):
                found[f'{owner}.positional_embedding'] = weight
            continue
        new = name
        for pattern, to in _RULES:
            new = pattern.sub(to, new)
        found[new] = weight
    return found


def prompt_sizes(state: Mapping[str, Any], side: int) -> dict[str, dict[str, Any]]:
    """Return the settings of the prompt encoder and of the mask decoder, from renamed weights."""
    width = shape_of(state, 'mask_decoder.iou_token.weight')[1]
    first = 'mask_decoder.transformer.layers.0'
    inner = shape_of(state, f'{first}.cross_attn_token_to_image.q_proj.weight')[0]
    return {
        'prompt_encoder_config': {
            'hidden_size': width,
            'image_size': side,
            'patch_size': _PATCH,
            'mask_input_channels': shape_of(state, 'prompt_encoder.mask_embed.conv2.weight')[0],
        },
        'mask_decoder_config': {
            'hidden_size': width,
            'mlp_dim': shape_of(state, f'{first}.mlp.lin1.weight')[0],
            'num_hidden_layers': _count(state, 'mask_decoder.transformer.layers.'),
            'num_attention_heads': _HEADS,
            'attention_downsample_rate': width // inner,
            'iou_head_hidden_dim': shape_of(
                state, 'mask_decoder.iou_prediction_head.proj_in.weight'
            )[0],
            # Meta's transformer has PyTorch's own; transformers would take 1e-6.
            'layer_norm_eps': 1e-5,
        },
    }


def vision_sizes(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a ViT, from renamed weights."""
    _, cells, _, width = shape_of(state, f'{VISION}pos_embed')
    layers = range(_count(state, f'{VISION}layers.'))
    steps = [shape_of(state, f'{VISION}layers.{index}.attn.rel_pos_h') for index in layers]
    # A block looks at the whole grid, or at windows: it knows a step for each distance.
    sides = [(rows + 1) // 2 for rows, _ in steps]
    windows = [side for side in sides if side != cells]
    return {
        'hidden_size': width,
        'num_hidden_layers': len(layers),
        'num_attention_heads': width // steps[0][1],
        'mlp_dim': shape_of(state, f'{VISION}layers.0.mlp.lin1.weight')[0],
        'image_size': cells * _PATCH,
        'patch_size': _PATCH,
        'output_channels': shape_of(state, f'{VISION}neck.conv1.weight')[0],
        'window_size': windows[0] if windows else cells,
        'global_attn_indexes': [index for index, side in enumerate(sides) if side == cells],
        'num_pos_feats': shape_of(state, 'shared_image_embedding.positional_embedding')[1],
    }


def shape_of(state: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """Return the shape of a weight; that it is missing is one line."""
    if name not in state:
        raise ModelError(f'the checkpoint has no {name}; is it one of Segment Anything?')
    return tuple(state[name].shape)


def _count(names: Iterable[str], prefix: str) -> int:
    """Count what is numbered behind a prefix."""
    found = (name[len(prefix) :] for name in names if name.startswith(prefix))
    return len({rest.partition('.')[0] for rest in found})
