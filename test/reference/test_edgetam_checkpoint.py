"""The checkpoint of EdgeTAM as Meta publishes it."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import pytest

pytestmark = pytest.mark.reference

LAYER = 'spatial_perceiver.layers.1'
# Names of Meta's checkpoint, and what transformers calls the same; one of each kind.
NAMES = {
    'image_encoder.trunk.body.stages_1.blocks.0.token_mixer.conv.bn.running_var':
        'vision_encoder.backbone.timm_model.stages_1.blocks.0.token_mixer.conv.bn.running_var',
    'image_encoder.neck.convs.2.conv.bias': 'vision_encoder.neck.convs.2.bias',
    'memory_attention.layers.1.linear1.weight': 'memory_attention.layers.1.mlp.up_proj.weight',
    'memory_attention.layers.1.linear2.bias': 'memory_attention.layers.1.mlp.down_proj.bias',
    'spatial_perceiver.latents': 'spatial_perceiver.latents_1d',
    'spatial_perceiver.latents_2d': 'spatial_perceiver.latents_2d',
    'spatial_perceiver.norm.weight': 'spatial_perceiver.layer_norm.weight',
    f'{LAYER}.attn.norm_x.bias': f'{LAYER}.layer_norm_input.bias',
    f'{LAYER}.attn.norm_latents.bias': f'{LAYER}.layer_norm_latents.bias',
    f'{LAYER}.attn.to_q.weight': f'{LAYER}.cross_attention.q_proj.weight',
    f'{LAYER}.attn.to_out.weight': f'{LAYER}.cross_attention.o_proj.weight',
    f'{LAYER}.self_attn.norm.bias': f'{LAYER}.layer_norm_self.bias',
    f'{LAYER}.self_attn.to_q.weight': f'{LAYER}.self_attention.q_proj.weight',
    f'{LAYER}.self_attn.to_out.weight': f'{LAYER}.self_attention.o_proj.weight',
    f'{LAYER}.ff.0.bias': f'{LAYER}.mlp.layer_norm.bias',
    f'{LAYER}.ff.1.weight': f'{LAYER}.mlp.up_proj.weight',
    f'{LAYER}.ff.3.weight': f'{LAYER}.mlp.down_proj.weight',
    f'{LAYER}.self_ff.0.bias': f'{LAYER}.self_mlp.layer_norm.bias',
    f'{LAYER}.self_ff.1.weight': f'{LAYER}.self_mlp.up_proj.weight',
    f'{LAYER}.self_ff.3.weight': f'{LAYER}.self_mlp.down_proj.weight',
}  # fmt: skip
# Of keys and values in one: the layer that they belong to.
BOTH = {
    f'{LAYER}.attn.to_kv.weight': f'{LAYER}.cross_attention',
    f'{LAYER}.self_attn.to_kv.weight': f'{LAYER}.self_attention',
}


def test_metas_names_become_those_of_transformers(torch: Any) -> None:
    from isaac_seg_py.export.edgetam_checkpoint import edge_named, is_edgetam
    from isaac_seg_py.export.sam2_checkpoint import transformed

    given: dict[str, Any] = {name: torch.tensor([n]) for n, name in enumerate(NAMES)}
    given |= {name: torch.tensor([[100 + n], [200 + n]]) for n, name in enumerate(BOTH)}
    assert is_edgetam(given)
    found = transformed(edge_named(given))
    assert kinds_of_model(torch) <= {kind(name) for name in found}
    for number, owner in enumerate(BOTH.values()):
        assert found.pop(f'{owner}.k_proj.weight').tolist() == [[100 + number]]
        assert found.pop(f'{owner}.v_proj.weight').tolist() == [[200 + number]]
    assert {name: found.pop(name).item() for name in NAMES.values()} == {
        name: number for number, name in enumerate(NAMES.values())
    }
    assert not found


def kind(name: str) -> str:
    """Return a name without its numbers, and alike for weight and bias."""
    return re.sub(r'\.(weight|bias)$', '', re.sub(r'\.\d+\.', '.#.', name))


def kinds_of_model(torch: Any) -> set[str]:
    """Return what transformers' own model has of the layers that EdgeTAM alone has."""
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    module = transformers.models.edgetam_video.modeling_edgetam_video
    with torch.device('meta'):
        model = module.EdgeTamVideoPerceiverResampler(edge_config(transformers))
    return {kind(f'spatial_perceiver.{name}') for name in model.state_dict()}


def edge_config(transformers: Any) -> Any:
    plain = {'model_type': 'resnet', 'depths': [1, 1, 1, 1], 'hidden_sizes': [8, 8, 8, 8]}
    return transformers.EdgeTamVideoConfig(
        vision_config={'model_type': 'edgetam_vision_model', 'backbone_config': plain}
    )


def test_what_fits_no_edgetam_is_told(
    torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from isaac_seg_py.cli.main import main

    file, out = tmp_path / 'edgetam.pt', str(tmp_path / 'out.onnx')
    torch.save({'model': {'spatial_perceiver.latents': torch.zeros(2, 2)}}, file)
    assert main(['export', 'edgetam', '--checkpoint', str(file), '--output', out]) == 2
    said = capsys.readouterr().err
    # Without the backbone's library it is that which is told.
    assert 'does not fit' in said or 'timm' in said
    assert said.count('\n') == 1
