"""Meta's own checkpoint of EdgeTAM: what it has of its own, by the names of transformers."""

from __future__ import annotations

from collections.abc import Mapping
import re
from typing import Any, Final

from .libraries import libraries

# The image encoder is timm's RepViT, whose names stay as they are.
_BACKBONE: Final = {
    'model_type': 'timm_wrapper', 'architecture': 'repvit_m1', 'num_classes': 0,
    'model_args': {'in_chans': 3, 'features_only': True, 'out_indices': [0, 1, 2, 3]},
}  # fmt: skip
_PERCEIVER: Final = 'spatial_perceiver.'
_LAYER: Final = r'(spatial_perceiver\.layers\.\d+)'
_RENAMED: Final = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r'image_encoder\.trunk\.body\.', r'vision_encoder.backbone.timm_model.'),
        (r'(memory_attention\.layers\.\d+)\.linear1\.', r'\1.mlp.up_proj.'),
        (r'(memory_attention\.layers\.\d+)\.linear2\.', r'\1.mlp.down_proj.'),
        (r'spatial_perceiver\.latents$', r'spatial_perceiver.latents_1d'),
        (rf'{_LAYER}\.attn\.norm_x\.', r'\1.layer_norm_input.'),
        (rf'{_LAYER}\.attn\.norm_latents\.', r'\1.layer_norm_latents.'),
        (rf'{_LAYER}\.self_attn\.norm\.', r'\1.layer_norm_self.'),
        (rf'{_LAYER}\.attn\.to_q\.', r'\1.cross_attention.q_proj.'),
        (rf'{_LAYER}\.attn\.to_out\.', r'\1.cross_attention.o_proj.'),
        (rf'{_LAYER}\.self_attn\.to_q\.', r'\1.self_attention.q_proj.'),
        (rf'{_LAYER}\.self_attn\.to_out\.', r'\1.self_attention.o_proj.'),
        (rf'{_LAYER}\.(self_)?ff\.0\.', r'\1.\2mlp.layer_norm.'),
        (rf'{_LAYER}\.(self_)?ff\.1\.', r'\1.\2mlp.up_proj.'),
        (rf'{_LAYER}\.(self_)?ff\.3\.', r'\1.\2mlp.down_proj.'),
    )
)
# Keys and values are one product there, one above the other.
_BOTH: Final = re.compile(rf'{_LAYER}\.(self_)?attn\.to_kv\.(\w+)')


def is_edgetam(state: Mapping[str, Any]) -> bool:
    """Say whether weights are EdgeTAM's: it alone makes few tokens of each memory."""
    return any(name.startswith(_PERCEIVER) for name in state)


def edge_named(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights with what EdgeTAM alone has by the names of transformers."""
    done: dict[str, Any] = {}
    for name, weight in state.items():
        if found := _BOTH.fullmatch(name):
            owner = f'{found[1]}.{"self" if found[2] else "cross"}_attention'
            keys, values = weight.chunk(2, 0)
            done[f'{owner}.k_proj.{found[3]}'] = keys
            done[f'{owner}.v_proj.{found[3]}'] = values
            continue
        for pattern, new in _RENAMED:
            name, count = pattern.subn(new, name, count=1)
            if count:
                break
        done[name] = weight
    return done


def edge_model(named: Mapping[str, Any]) -> Any:
    """Return an `EdgeTamVideoModel` of the size that was published, without its weights."""
    transformers, _ = libraries('transformers', 'timm')
    pointers = 'temporal_positional_encoding_projection_layer.weight' in named
    config = transformers.EdgeTamVideoConfig(
        vision_config={'model_type': 'edgetam_vision_model', 'backbone_config': dict(_BACKBONE)},
        enable_occlusion_spatial_embedding='occlusion_spatial_embedding_parameter' in named,
        enable_temporal_pos_encoding_for_object_pointers=pointers,
    )
    return transformers.EdgeTamVideoModel(config).eval()
