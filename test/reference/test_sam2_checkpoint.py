"""Checkpoints of Segment Anything 2 as Meta publishes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.reference

# Names of Meta's checkpoints, and what transformers calls the same; one of each kind.
NAMES = {
    'image_encoder.trunk.pos_embed': 'vision_encoder.backbone.pos_embed',
    'image_encoder.trunk.patch_embed.proj.weight':
        'vision_encoder.backbone.patch_embed.projection.weight',
    'image_encoder.trunk.blocks.3.norm1.bias': 'vision_encoder.backbone.blocks.3.layer_norm1.bias',
    'image_encoder.trunk.blocks.3.attn.qkv.bias': 'vision_encoder.backbone.blocks.3.attn.qkv.bias',
    'image_encoder.trunk.blocks.3.mlp.layers.0.weight':
        'vision_encoder.backbone.blocks.3.mlp.proj_in.weight',
    'image_encoder.trunk.blocks.3.mlp.layers.1.weight':
        'vision_encoder.backbone.blocks.3.mlp.proj_out.weight',
    'image_encoder.neck.convs.2.conv.bias': 'vision_encoder.neck.convs.2.bias',
    'sam_prompt_encoder.mask_downscaling.4.weight': 'prompt_encoder.mask_embed.layer_norm2.weight',
    'sam_prompt_encoder.no_mask_embed.weight': 'prompt_encoder.no_mask_embed.weight',
    'sam_mask_decoder.transformer.layers.1.norm4.weight':
        'mask_decoder.transformer.layers.1.layer_norm4.weight',
    'sam_mask_decoder.transformer.norm_final_attn.bias':
        'mask_decoder.transformer.layer_norm_final_attn.bias',
    'sam_mask_decoder.transformer.final_attn_token_to_image.out_proj.bias':
        'mask_decoder.transformer.final_attn_token_to_image.o_proj.bias',
    'sam_mask_decoder.output_upscaling.1.bias': 'mask_decoder.upscale_layer_norm.bias',
    'sam_mask_decoder.output_hypernetworks_mlps.2.layers.0.bias':
        'mask_decoder.output_hypernetworks_mlps.2.proj_in.bias',
    'sam_mask_decoder.output_hypernetworks_mlps.2.layers.1.bias':
        'mask_decoder.output_hypernetworks_mlps.2.layers.0.bias',
    'sam_mask_decoder.output_hypernetworks_mlps.2.layers.2.bias':
        'mask_decoder.output_hypernetworks_mlps.2.proj_out.bias',
    'memory_attention.layers.0.norm3.weight': 'memory_attention.layers.0.layer_norm3.weight',
    'memory_attention.norm.weight': 'memory_attention.layer_norm.weight',
    'memory_encoder.mask_downsampler.encoder.3.bias':
        'memory_encoder.mask_downsampler.layers.1.conv.bias',
    'memory_encoder.mask_downsampler.encoder.4.bias':
        'memory_encoder.mask_downsampler.layers.1.layer_norm.bias',
    'memory_encoder.mask_downsampler.encoder.6.bias':
        'memory_encoder.mask_downsampler.final_conv.bias',
    'memory_encoder.fuser.layers.1.gamma': 'memory_encoder.memory_fuser.layers.1.scale',
    'memory_encoder.fuser.layers.1.dwconv.bias':
        'memory_encoder.memory_fuser.layers.1.depthwise_conv.bias',
    'memory_encoder.fuser.layers.1.pwconv2.bias':
        'memory_encoder.memory_fuser.layers.1.pointwise_conv2.bias',
    'memory_encoder.out_proj.bias': 'memory_encoder.projection.bias',
    'maskmem_tpos_enc': 'memory_temporal_positional_encoding',
    'no_obj_embed_spatial': 'occlusion_spatial_embedding_parameter',
    'obj_ptr_proj.layers.0.bias': 'object_pointer_proj.proj_in.bias',
    'obj_ptr_proj.layers.1.bias': 'object_pointer_proj.layers.0.bias',
    'obj_ptr_proj.layers.2.bias': 'object_pointer_proj.proj_out.bias',
    'obj_ptr_tpos_proj.bias': 'temporal_positional_encoding_projection_layer.bias',
    'mask_downsample.bias': 'mask_downsample.bias',
}  # fmt: skip


def test_metas_names_become_those_of_transformers(torch: Any) -> None:
    from isaac_seg_py.export.sam2_checkpoint import transformed

    given: dict[str, Any] = {name: torch.tensor([n]) for n, name in enumerate(NAMES)}
    places = 'sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'
    given[places] = torch.tensor([100])
    for index in (3, 0, 2, 1):
        given[f'sam_prompt_encoder.point_embeddings.{index}.weight'] = torch.tensor([index])
    found = transformed(given)
    assert {found.pop(new).item() for new in NAMES.values()} == set(range(len(NAMES)))
    assert found.pop('prompt_encoder.point_embed.weight').tolist() == [0, 1, 2, 3]
    assert found.pop('prompt_encoder.shared_embedding.positional_embedding').item() == 100
    assert found.pop('shared_image_embedding.positional_embedding').item() == 100
    assert not found


def test_a_file_that_is_not_of_sam2_is_told(
    torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from isaac_seg_py.cli.main import main

    file = tmp_path / 'other.pt'
    torch.save({'model': {'weight': torch.zeros(2)}}, file)
    out = str(tmp_path / 'other.onnx')
    assert main(['export', 'sam2', '--checkpoint', str(file), '--output', out]) != 0
    assert 'is no checkpoint of SAM 2' in capsys.readouterr().err
    state = {
        'image_encoder.trunk.pos_embed': torch.zeros(1, 80, 7, 7),
        'image_encoder.trunk.patch_embed.proj.weight': torch.zeros(80, 3, 7, 7),
    }
    torch.save({'model': state}, file)
    assert main(['export', 'sam2', '--checkpoint', str(file), '--output', out]) != 0
    assert 'an image encoder 80 wide with 0 blocks; SAM 2 has 96 wide' in capsys.readouterr().err


def test_the_size_that_is_named_is_checked() -> None:
    from types import SimpleNamespace

    from isaac_seg_py.errors import ConfigError
    from isaac_seg_py.export.sam2 import check_variant

    small = SimpleNamespace(hidden_size=96, blocks_per_stage=[1, 2, 11, 2])
    check_variant(small, 'small')
    with pytest.raises(ConfigError, match='--size is tiny, and the weights are small'):
        check_variant(small, 'tiny')
    with pytest.raises(ConfigError, match='the weights are of a size of its own'):
        check_variant(SimpleNamespace(), 'large')
