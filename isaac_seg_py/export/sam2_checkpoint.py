"""Meta's own checkpoints of SAM 2 and EdgeTAM: their names become those of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Final

from .edgetam_checkpoint import edge_model, edge_named, is_edgetam
from .libraries import library
from .recipe import Recipe, Wishes
from .sam2 import recipe_of
from .torchvision_nets import read_state
from ..errors import ModelError
from ..user_files import user_path

_INPUT: Final = {
    'size': [1024, 1024], 'layout': 'NCHW', 'dtype': 'float32', 'color': 'rgb',
    'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225],
}  # fmt: skip


@dataclass(frozen=True)
class _Size:
    """What the weights of an image encoder do not show."""

    heads: int
    windows: tuple[int, ...]
    attends_all: tuple[int, ...]


# By the width of the first blocks, and their number in all: tiny, small, base plus, large.
_SIZES: Final = {
    (96, 12): _Size(1, (8, 4, 14, 7), (5, 7, 9)),
    (96, 16): _Size(1, (8, 4, 14, 7), (7, 10, 13)),
    (112, 24): _Size(2, (8, 4, 14, 7), (12, 16, 20)),
    (144, 48): _Size(2, (8, 4, 16, 8), (23, 33, 43)),
}
# The first that fits a name is taken at each step, from the top.
_RENAMED: Final = (
    (r'image_encoder\.trunk\.patch_embed\.proj\.',
     r'vision_encoder.backbone.patch_embed.projection.'),
    (r'image_encoder\.trunk\.', r'vision_encoder.backbone.'),
    (r'image_encoder\.neck\.convs\.(\d+)\.conv\.', r'vision_encoder.neck.convs.\1.'),
    (r'sam_prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix',
     r'prompt_encoder.shared_embedding.positional_embedding'),
    (r'sam_prompt_encoder\.mask_downscaling\.0\.', r'prompt_encoder.mask_embed.conv1.'),
    (r'sam_prompt_encoder\.mask_downscaling\.1\.', r'prompt_encoder.mask_embed.layer_norm1.'),
    (r'sam_prompt_encoder\.mask_downscaling\.3\.', r'prompt_encoder.mask_embed.conv2.'),
    (r'sam_prompt_encoder\.mask_downscaling\.4\.', r'prompt_encoder.mask_embed.layer_norm2.'),
    (r'sam_prompt_encoder\.mask_downscaling\.6\.', r'prompt_encoder.mask_embed.conv3.'),
    (r'sam_prompt_encoder\.', r'prompt_encoder.'),
    (r'sam_mask_decoder\.output_upscaling\.0\.', r'mask_decoder.upscale_conv1.'),
    (r'sam_mask_decoder\.output_upscaling\.1\.', r'mask_decoder.upscale_layer_norm.'),
    (r'sam_mask_decoder\.output_upscaling\.3\.', r'mask_decoder.upscale_conv2.'),
    (r'sam_mask_decoder\.', r'mask_decoder.'),
    (r'memory_encoder\.pix_feat_proj\.', r'memory_encoder.feature_projection.'),
    (r'memory_encoder\.out_proj\.', r'memory_encoder.projection.'),
    (r'memory_encoder\.fuser\.', r'memory_encoder.memory_fuser.'),
    (r'maskmem_tpos_enc', r'memory_temporal_positional_encoding'),
    (r'no_mem_embed', r'no_memory_embedding'),
    (r'no_mem_pos_enc', r'no_memory_positional_encoding'),
    (r'no_obj_ptr', r'no_object_pointer'),
    (r'no_obj_embed_spatial', r'occlusion_spatial_embedding_parameter'),
    (r'obj_ptr_tpos_proj\.', r'temporal_positional_encoding_projection_layer.'),
    (r'obj_ptr_proj\.', r'object_pointer_proj.'),
)  # fmt: skip
# Words inside of a name, wherever they stand.
_WORDS: Final = (
    (r'\.norm_final_attn\.', r'.layer_norm_final_attn.'),
    (r'\.norm(\d?)\.', r'.layer_norm\1.'),
    (r'\.out_proj\.', r'.o_proj.'),
    (r'\.dwconv\.', r'.depthwise_conv.'),
    (r'\.pwconv(\d)\.', r'.pointwise_conv\1.'),
    (r'\.gamma$', r'.scale'),
)
_POINTS: Final = re.compile(r'prompt_encoder\.point_embeddings\.(\d+)\.weight')
_SHRINKING: Final = re.compile(r'(memory_encoder\.mask_downsampler)\.encoder\.(\d+)\.(\w+)')
_PERCEPTRON: Final = re.compile(
    r'(.*(?:mlp|_mlps\.\d+|iou_prediction_head|pred_obj_score_head|object_pointer_proj))'
    r'\.layers\.(\d+)\.(\w+)'
)
_PLACES: Final = 'prompt_encoder.shared_embedding.positional_embedding'


def sam2_checkpoint(torch: Any, wishes: Wishes) -> Recipe:
    """Return how to export a checkpoint of Meta; which size it is of, its weights show."""
    state = read_state(torch, wishes.checkpoint)
    if 'image_encoder.trunk.pos_embed' not in state and not is_edgetam(state):
        raise ModelError(
            f'{wishes.checkpoint!r} is no checkpoint of SAM 2: it has no '
            'image_encoder.trunk.pos_embed'
        )
    model = model_of(state, wishes.checkpoint)
    said = {'source': user_path(wishes.checkpoint).name, 'input': dict(_INPUT)}
    return recipe_of(model, said, wishes)


def model_of(state: Mapping[str, Any], file: str) -> Any:
    """Return a `Sam2VideoModel` or its kin with the weights of a checkpoint, and no others."""
    transformers = library('transformers')
    named = transformed(edge_named(state) if is_edgetam(state) else state)
    if is_edgetam(state):
        model = edge_model(named)
    else:
        model = transformers.Sam2VideoModel(_config(transformers, named, file)).eval()
    try:
        model.load_state_dict(named)
    except RuntimeError as error:
        line = ' '.join(str(error).split())[:300]
        raise ModelError(f'{file!r} does not fit SAM 2: {line}') from error
    return model


def transformed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights of a checkpoint by the names that transformers has for them."""
    names = {_renamed(name): weight for name, weight in state.items()}
    depths: dict[str, int] = {}
    for name in names:
        if found := _PERCEPTRON.fullmatch(name):
            depths[found[1]] = max(depths.get(found[1], 0), int(found[2]))
    done: dict[str, Any] = {}
    points: dict[int, Any] = {}
    for name, weight in names.items():
        if found := _POINTS.fullmatch(name):
            points[int(found[1])] = weight
        elif found := _PERCEPTRON.fullmatch(name):
            done[_perceptron(found[1], int(found[2]), depths[found[1]], found[3])] = weight
        elif found := _SHRINKING.fullmatch(name):
            last = max(
                int(other[2]) for key in names if (other := _SHRINKING.fullmatch(key)) is not None
            )
            done[_shrinking(found[1], int(found[2]), last, found[3])] = weight
        else:
            done[name] = weight
    if points:
        torch = library('torch')
        done['prompt_encoder.point_embed.weight'] = torch.cat([points[i] for i in sorted(points)])
    if _PLACES in done:
        # One in Meta's code, two of the same in transformers'.
        done['shared_image_embedding.positional_embedding'] = done[_PLACES]
    return done


def _renamed(name: str) -> str:
    for pattern, new in _RENAMED:
        changed, count = re.subn(rf'^{pattern}', new, name)
        if count:
            name = changed
            break
    for pattern, new in _WORDS:
        name = re.sub(pattern, new, name)
    return name.replace('memory_attention.norm.', 'memory_attention.layer_norm.')


def _perceptron(name: str, layer: int, last: int, kind: str) -> str:
    """Name a layer of a perceptron: the first, the last, or one of those between."""
    place = 'proj_in' if layer == 0 else 'proj_out' if layer == last else f'layers.{layer - 1}'
    return f'{name}.{place}.{kind}'


def _shrinking(name: str, index: int, last: int, kind: str) -> str:
    """Name a layer that shrinks a mask: each step is a convolution, a norm, an activation."""
    if index == last:
        return f'{name}.final_conv.{kind}'
    step, part = divmod(index, 3)
    return f'{name}.layers.{step}.{("conv", "layer_norm")[part]}.{kind}'


def _config(transformers: Any, state: Mapping[str, Any], file: str) -> Any:
    """Return the config that the weights show."""
    backbone = 'vision_encoder.backbone'
    widths = [
        int(weight.shape[0]) // 3
        for name, weight in state.items()
        if re.fullmatch(rf'{re.escape(backbone)}\.blocks\.\d+\.attn\.qkv\.bias', name)
    ]
    first = int(state[f'{backbone}.patch_embed.projection.weight'].shape[0])
    size = _SIZES.get((first, len(widths)))
    if size is None:
        known = ', '.join(f'{width} wide with {blocks} blocks' for width, blocks in _SIZES)
        raise ModelError(
            f'{file!r} has an image encoder {first} wide with {len(widths)} blocks; SAM 2 has '
            f'{known}'
        )
    stages = sorted(set(widths))
    return transformers.Sam2VideoConfig(
        vision_config={
            'model_type': 'sam2_vision_model',
            'backbone_channel_list': stages[::-1],
            'backbone_config': {
                'model_type': 'sam2_hiera_det_model',
                'hidden_size': first,
                'num_attention_heads': size.heads,
                'num_attention_heads_per_stage': [size.heads * 2**i for i in range(len(stages))],
                'embed_dim_per_stage': stages,
                'blocks_per_stage': [widths.count(width) for width in stages],
                'window_size_per_stage': list(size.windows),
                'global_attention_blocks': list(size.attends_all),
                'window_positional_embedding_background_size': list(
                    state[f'{backbone}.pos_embed'].shape[2:]
                ),
            },
        },
        enable_occlusion_spatial_embedding='occlusion_spatial_embedding_parameter' in state,
        enable_temporal_pos_encoding_for_object_pointers=(
            'temporal_positional_encoding_projection_layer.weight' in state
        ),
    )
