"""What of a model's surroundings is folded in, and what is left to encoder and decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py import Segmenter
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.families.fusing import encoder_defaults, fuse, fuse_configured
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.opening import open_configured
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.scenes import make_scene
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the fused files of a test to itself."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))


@pytest.mark.parametrize(
    'settings',
    [
        {},
        {'filter_mode': 'point'},
        {'mask_frame': 'network'},
        {'fit': 'stretch', 'filter_mode': 'point'},
        {'padding_value': 114.0},
    ],
)
def test_scenes_have_the_same_masks(settings: dict[str, Any]) -> None:
    how = {'backend': 'onnxruntime', **settings}
    with (
        Segmenter.open('tiny-unet', **how) as plain,
        Segmenter.open('tiny-unet', fuse=True, **how) as fused,
    ):
        for seed in range(820_000, 820_006):
            image = make_scene(seed, size=(300, 410)).image
            np.testing.assert_array_equal(fused(image).labels, plain(image).labels)


def test_what_stays_outside_is_said() -> None:
    manifest = find_manifest('tiny-unet')
    size = {'network_image_height': 240, 'network_image_width': 320}
    encode, decode = EncodeConfig(padding_value=0.5, **size), DecodeConfig(ignore_class='ring')
    left = fuse(manifest, encode, decode, with_output=True)
    assert left.file == manifest.file
    assert (left.encode, left.decode) == (encode, decode)
    assert left.notes == (
        'the normalisation is not folded in: padding_value is 0.5, and uint8 has whole numbers',
        'the highest class is not folded in: ignore_class needs the second best',
    )


def test_encoder_and_inference_nodes_agree_on_what_is_left() -> None:
    settings = encoder_defaults('tiny-unet', fused=True)
    assert (settings['tensor_dtype'], settings['tensor_layout']) == ('uint8', 'NHWC')
    encode = EncodeConfig(**settings)
    config = InferConfig(model='tiny-unet', backend='onnxruntime', fuse=True, fuse_output=True)
    fused = fuse_configured(config)
    assert fused.encode == encode
    with open_configured(config, file=fused.file) as opened:
        assert str(opened.inputs[0]) == 'image uint8 [1, 240, 320, 3]'
        assert str(opened.outputs[0]) == 'scores uint8 [1, 1, 240, 320]'


@pytest.mark.parametrize(
    ('settings', 'said'),
    [
        ({'fuse_output': True}, 'set fuse as well'),
        ({'fuse': True, 'backend': 'triton'}, 'Triton server has its own'),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        InferConfig(**settings)


def test_without_a_manifest_nothing_says_what_to_fold() -> None:
    with pytest.raises(ConfigError, match='no model is given'):
        fuse_configured(InferConfig(model_file_path='net.onnx', fuse=True))
    with pytest.raises(ConfigError, match='no model is given'):
        encoder_defaults('', fused=True)
    with pytest.raises(ConfigError, match='fuse needs a manifest'):
        open_backend(Path('net.onnx'), fuse=True)
