"""Networks that do not belong together are told apart before the first image."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py import ModelError, VideoTracker
from isaac_seg_py.families.sam2_shapes import free_shapes
from isaac_seg_py.track_config import TrackConfig
import pytest
from sam2_color_networks import write_color_networks

# Of each part: what is written in its text, what instead, and what is said of it.
WRONG = [
    (
        'decoder', 'obj_ptrs', 'objects',
        r'decoder of model colours gives .*; obj_ptrs is missing. Is it a part of SAM 2',
    ),
    ('memory_attention', 'memory_tpos', 'moments', r'memory_attention .* takes .*memory_tpos is'),
    ('memory_attention', 'P,4]', 'P,K]', r'takes obj_ptrs float32 \[B, P, K\]; axes 2 must have'),
    (
        'image_encoder', 'high_res_feats_0', 'fine',
        r'the decoder of colours takes high_res_feats_0; its image encoder gives',
    ),
    ('decoder', 'float[B,4,16,16] image_embed', 'float[3,4,16,16] image_embed', '3 objects at'),
]  # fmt: skip


@pytest.mark.parametrize(('part', 'old', 'new', 'words'), WRONG)
def test_a_part_that_does_not_fit_is_named(
    part: str, old: str, new: str, words: str, tmp_path: Path
) -> None:
    manifest = write_color_networks(tmp_path, {part: (old, new)})
    with pytest.raises(ModelError, match=words):
        VideoTracker.open(str(manifest), backend='onnxruntime', threads=1)


def test_another_model_is_refused() -> None:
    with pytest.raises(
        ModelError, match=r'model tiny-unet is of family unet .* to follow objects'
    ):
        VideoTracker.open('tiny-unet')


def test_tensorrt_is_told_the_shapes_that_may_come(colors: Path) -> None:
    config = TrackConfig(max_num_objects=5, memory_frames=4, max_cond_frames=2)
    shapes = {
        part: free_shapes(colors.with_name(f'{part}.onnx'), config)
        for part in ('image_encoder', 'decoder', 'memory_encoder', 'memory_attention')
    }
    assert shapes['image_encoder'] == ()
    assert 'point_coords=1x2x2:1x2x2:5x32x2' in shapes['decoder']
    assert 'image_embed=1x4x16x16:1x4x16x16:5x4x16x16' in shapes['decoder']
    assert shapes['memory_attention'] == (
        'memory=1x1x2x16x16:1x4x2x16x16:5x5x2x16x16',
        'memory_tpos=1x1:1x4:5x5',
        'obj_ptrs=1x1x4:1x16x4:5x17x4',
        'obj_ptr_tdiff=1x1:1x16:5x17',
    )
    assert shapes['memory_encoder'][0].startswith('mask_logits=1x1x16x16:')
