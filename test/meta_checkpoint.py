"""Checkpoints as Meta and MobileSAM publish them, with random weights."""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
from typing import Any
import zlib

import numpy as np

SIDE = 128
# Names that are the same in Meta's code, and those that differ from transformers'.
ALIKE = (
    'mask_decoder.iou_token', 'mask_decoder.mask_tokens', 'prompt_encoder.no_mask_embed',
    'prompt_encoder.not_a_point_embed',
)  # fmt: skip
PAIRS = {
    'prompt_encoder.mask_embed.conv1': 'prompt_encoder.mask_downscaling.0',
    'prompt_encoder.mask_embed.layer_norm1': 'prompt_encoder.mask_downscaling.1',
    'prompt_encoder.mask_embed.conv2': 'prompt_encoder.mask_downscaling.3',
    'prompt_encoder.mask_embed.layer_norm2': 'prompt_encoder.mask_downscaling.4',
    'prompt_encoder.mask_embed.conv3': 'prompt_encoder.mask_downscaling.6',
    'mask_decoder.upscale_conv1': 'mask_decoder.output_upscaling.0',
    'mask_decoder.upscale_layer_norm': 'mask_decoder.output_upscaling.1',
    'mask_decoder.upscale_conv2': 'mask_decoder.output_upscaling.3',
    'mask_decoder.transformer.layer_norm_final_attn': 'mask_decoder.transformer.norm_final_attn',
    'mask_decoder.transformer.final_attn_token_to_image': (
        'mask_decoder.transformer.final_attn_token_to_image'
    ),
    'vision_encoder.patch_embed.projection': 'image_encoder.patch_embed.proj',
    'vision_encoder.neck.conv1': 'image_encoder.neck.0',
    'vision_encoder.neck.layer_norm1': 'image_encoder.neck.1',
    'vision_encoder.neck.conv2': 'image_encoder.neck.2',
    'vision_encoder.neck.layer_norm2': 'image_encoder.neck.3',
    'mask_decoder.iou_prediction_head.proj_in': 'mask_decoder.iou_prediction_head.layers.0',
    'mask_decoder.iou_prediction_head.layers.0': 'mask_decoder.iou_prediction_head.layers.1',
    'mask_decoder.iou_prediction_head.proj_out': 'mask_decoder.iou_prediction_head.layers.2',
}
for one in range(4):
    PAIRS[f'prompt_encoder.point_embed.{one}'] = f'prompt_encoder.point_embeddings.{one}'
    mlp = f'mask_decoder.output_hypernetworks_mlps.{one}'
    for at, name in enumerate(('proj_in', 'layers.0', 'proj_out')):
        PAIRS[f'{mlp}.{name}'] = f'{mlp}.layers.{at}'
for layer in range(32):
    block = f'vision_encoder.layers.{layer}'
    theirs = f'image_encoder.blocks.{layer}'
    for name in ('attn', 'attn.qkv', 'attn.proj', 'mlp.lin1', 'mlp.lin2'):
        PAIRS[f'{block}.{name}'] = f'{theirs}.{name}'
    block = f'mask_decoder.transformer.layers.{layer}'
    for name in ('mlp.lin1', 'mlp.lin2'):
        PAIRS[f'{block}.{name}'] = f'{block}.{name}'
    for at in (1, 2, 3, 4):
        PAIRS[f'vision_encoder.layers.{layer}.layer_norm{at}'] = f'{theirs}.norm{at}'
        PAIRS[f'{block}.layer_norm{at}'] = f'{block}.norm{at}'
for owner in ('self_attn', 'cross_attn_token_to_image', 'cross_attn_image_to_token'):
    for layer in range(4):
        block = f'mask_decoder.transformer.layers.{layer}.{owner}'
        for name in ('q_proj', 'k_proj', 'v_proj', 'out_proj'):
            PAIRS[f'{block}.{name}'] = f'{block}.{name}'
for name in ('q_proj', 'k_proj', 'v_proj', 'out_proj'):
    last = f'mask_decoder.transformer.final_attn_token_to_image.{name}'
    PAIRS[last] = last


def meta_state(model: Any) -> dict[str, Any]:
    """Return the weights of a `SamModel` by Meta's names."""
    found = {}
    for name, weight in model.state_dict().items():
        owner, _, kind = name.rpartition('.')
        if owner == 'shared_image_embedding':
            continue  # the same numbers as of the prompt encoder
        if owner == 'prompt_encoder.shared_embedding':
            found['prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'] = weight
        elif name == 'vision_encoder.pos_embed':
            found['image_encoder.pos_embed'] = weight
        else:
            found[f'{owner if owner in ALIKE else PAIRS[owner]}.{kind}'] = weight
    return found


def digest(state: Mapping[str, Any]) -> str:
    """Return one number for all names and shapes."""
    lines = sorted(f'{name} {tuple(weight.shape)}' for name, weight in state.items())
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def enliven(torch: Any, module: Any) -> None:
    """Fill a module with weights that make a difference; as they come, they are too small."""
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if 'embed' in name or 'token' in name or 'biases' in name:
                weight.copy_(torch.randn_like(weight))
            elif weight.dim() >= 2:
                weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
        for name, values in module.named_buffers():
            if name.endswith('running_var'):
                values.copy_(0.5 + torch.rand_like(values))
            elif name.endswith('running_mean'):
                values.copy_(0.3 * torch.randn_like(values))


def known_weights(torch: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return weights that depend on name and shape alone: any code that has both has the same."""
    found = {}
    for name, weight in state.items():
        shape = tuple(weight.shape)
        values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
        if name.endswith('num_batches_tracked'):
            values = np.array(1)
        elif name.endswith('running_var'):
            values = 1 + np.abs(values)
        elif name.endswith(('running_mean', 'bias')):
            values = 0.2 * values
        elif len(shape) == 1:
            values = 1 + 0.1 * values
        elif not any(word in name for word in ('token', 'embed', 'biases', 'gaussian')):
            values = values / np.prod(shape[1:]) ** 0.5
        found[name] = torch.from_numpy(np.asarray(values)).to(weight.dtype)
    return found


def small_config(transformers: Any) -> Any:
    """Return a Segment Anything for images of 128x128, such as Meta's code can be asked for."""
    return transformers.SamConfig(
        vision_config={
            'hidden_size': 24, 'num_hidden_layers': 3, 'num_attention_heads': 2, 'mlp_dim': 48,
            'image_size': SIDE, 'patch_size': 16, 'output_channels': 32, 'window_size': 3,
            'global_attn_indexes': [1], 'num_pos_feats': 16,
        },
        prompt_encoder_config={
            'hidden_size': 32, 'image_size': SIDE, 'patch_size': 16, 'mask_input_channels': 12,
        },
        mask_decoder_config={
            'hidden_size': 32, 'mlp_dim': 48, 'num_attention_heads': 8, 'iou_head_hidden_dim': 20,
            'layer_norm_eps': 1e-5,
        },
    )  # fmt: skip
