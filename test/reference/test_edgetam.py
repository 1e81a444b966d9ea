"""EdgeTAM with random weights: our four networks follow as transformers' model does."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trt_here import NEEDS_RTX, options
from video_networks import (
    balance,
    BOX,
    CHANNELS,
    Compared,
    exported,
    lively,
    MORE,
    pixels,
    POINTS,
    pyramid,
    scaled,
    SIDE,
    SIZE,
    Theirs,
)

pytestmark = [pytest.mark.reference, pytest.mark.usefixtures('one_thread')]

FRAMES = 16
WIDTH = 128
# Tokens that see the whole map, and the side of the grid of those that see a window.
TOKENS, GRID = 12, 4


@pytest.fixture(scope='module')
def frames() -> list[np.ndarray]:
    """Give a video of things that move."""
    from isaac_seg_py.scenes import make_video

    return [scene.image for scene in make_video(800_022, FRAMES, SIZE, objects=3)]


@pytest.fixture(scope='module', params=['pyramid', 'repvit'])
def model(torch: Any, request: pytest.FixtureRequest, frames: list[np.ndarray]) -> Any:
    """Give a model with a backbone of a few convolutions, and with that of EdgeTAM."""
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    if request.param == 'pyramid':
        backbone, channels = pyramid(torch, transformers), CHANNELS
    else:
        if importlib.util.find_spec('timm') is None:
            pytest.skip('timm is not installed: pip install timm torchvision')
        backbone, channels = repvit(), (48, 96, 192, 384)
    torch.manual_seed(6)
    made = transformers.EdgeTamVideoModel(config_of(backbone, channels))
    # Its many layers keep what they begin with, and learn how large what comes is.
    begun = copy.deepcopy(made.vision_encoder.backbone) if request.param == 'repvit' else None
    made = lively(torch, made.eval())
    listen(torch, made, 2.0 if begun is None else 12.0)
    if begun is not None:
        made.vision_encoder.backbone = begun.train()
        with torch.no_grad():
            for _ in range(5):
                begun(torch.from_numpy(np.concatenate([pixels(one) for one in frames[::4]])))
        begun.eval()
    balance(torch, made, frames)
    return made


def config_of(backbone: Any, channels: tuple[int, ...]) -> Any:
    """Return the config of a small EdgeTAM."""
    import transformers

    return transformers.EdgeTamVideoConfig(
        vision_config={
            'model_type': 'edgetam_vision_model',
            'backbone_channel_list': list(channels[::-1]),
            'backbone_feature_sizes': [[SIDE // 4] * 2, [SIDE // 8] * 2, [SIDE // 16] * 2],
            'fpn_hidden_size': WIDTH,
            'backbone_config': backbone,
        },
        prompt_encoder_config={'hidden_size': WIDTH, 'image_size': SIDE},
        mask_decoder_config={
            'hidden_size': WIDTH, 'mlp_dim': 96, 'num_attention_heads': 4,
            'iou_head_hidden_dim': 32,
        },
        image_size=SIDE,
        memory_attention_hidden_size=WIDTH,
        memory_attention_mlp_hidden_size=96,
        memory_attention_rope_feat_sizes=[SIDE // 16, SIDE // 16],
        memory_attention_rope_k_sizes=[GRID, GRID],
        perceiver_resampler_num_latents=TOKENS,
        perceiver_resampler_num_latents_2d=GRID**2,
        memory_encoder_hidden_size=WIDTH,
        mask_downsampler_embed_dim=WIDTH,
        memory_fuser_embed_dim=WIDTH,
        memory_fuser_intermediate_dim=96,
    )  # fmt: skip


def repvit() -> dict[str, Any]:
    """Return the config of EdgeTAM's own backbone."""
    return {
        'model_type': 'timm_wrapper', 'architecture': 'repvit_m1', 'num_classes': 0,
        'model_args': {'in_chans': 3, 'features_only': True, 'out_indices': [0, 1, 2, 3]},
    }  # fmt: skip


def listen(torch: Any, model: Any, gain: float) -> None:
    """Let what is seen weigh more than biases do, which say the same of each image."""
    gains = {'vision_encoder': gain, 'memory_attention.layer_norm.weight': 8.0}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            bias = name.endswith('bias') and 'norm' not in name
            if bias and name.startswith(('vision_encoder', 'mask_decoder.transformer')):
                weight *= 0.1
            else:
                weight *= next((g for n, g in gains.items() if name.startswith(n)), 1.0)


class TheirsOfEdge(Theirs):
    """One object in transformers' EdgeTAM, which encodes a memory with the frame."""

    def correct(
        self, frame: int, spots: Any, labels: list[int], keep: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Correct the object in the latest frame, with its earlier mask where there is one."""
        stored = self.session.output_dict_per_obj[0]
        known = stored['non_cond_frame_outputs'].pop(frame)
        earlier = known['pred_masks'].clamp(-32, 32)
        if known['object_score_logits'] <= 0:
            earlier = None
        with self.torch.no_grad():
            found = self.model._run_single_frame_inference(
                self.session, frame, 0, 1, False, self._given(spots, labels), None, False, True,
                prev_sam_mask_logits=earlier, streaming=True,
            )  # fmt: skip
        self.session.store_output(0, frame, output_value=found, is_conditioning_frame=keep)
        return found['pred_masks'][0, 0].numpy(), found['object_score_logits'].numpy().reshape(())

    def agree(self, bank: Any, row: int, frame: int) -> None:
        """
        Compare what is remembered of a frame, and go on with ours.

        Ours is bfloat16, as in Meta's code; transformers keeps float32 of EdgeTAM.
        """
        (place,) = np.flatnonzero(bank._map_frames[row] == frame)
        ours = (bank.store.maps.values[row, place].astype(np.uint32) << 16).view(np.float32)
        kinds = self.session.output_dict_per_obj[0].values()
        (known,) = [stored[frame] for stored in kinds if frame in stored]
        theirs = known['maskmem_features']
        mine = self.torch.from_numpy(ours[np.newaxis, :, :, 0]).transpose(1, 2)
        self.torch.testing.assert_close(mine, theirs, rtol=2**-8, atol=1e-4)
        known['maskmem_features'] = mine


@pytest.fixture(scope='module')
def manifest(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export all four parts."""
    return exported(model, tmp_path_factory.mktemp('edgetam'))


def test_two_objects_are_followed_as_transformers_does(
    torch: Any, model: Any, manifest: Path, frames: list[np.ndarray]
) -> None:
    from isaac_seg_py import VideoTracker
    from isaac_seg_py.catalog.manifest import Manifest
    import onnx

    first = TheirsOfEdge(torch, model)
    second = TheirsOfEdge(torch, model, first)
    settings = {'backend': 'onnxruntime', 'threads': 1, 'interpolation': 'linear'}
    with VideoTracker.open(str(manifest), **settings) as tracker:
        same = Compared(tracker)
        tracker.add('first', box=scaled(BOX).reshape(4))
        first.show(0, BOX, [2, 3])
        for frame, image in enumerate(frames):
            if frame == 3:
                tracker.add('second', points=scaled(POINTS), labels=[1, 0])
                second.show(frame, POINTS, [1, 0])
            tracker(image)
            same('first', first.track(pixels(image), frame))
            if frame >= 3:
                same('second', second.track(pixels(image), frame))
            if frame == 9:
                tracker.update('first', points=scaled(MORE), labels=[1])
                same('first', first.correct(frame, MORE, [1], True))
            for row, one in enumerate((first, second) if frame >= 3 else (first,)):
                one.agree(tracker._following._bank, row, frame)
    graph = onnx.load(Manifest.read(manifest).part('memory_attention').file).graph
    sizes = [dim.dim_value for dim in graph.input[1].type.tensor_type.shape.dim]
    assert sizes[2:] == [64, TOKENS + GRID**2, 1]
    present = np.array(same.scores) > 0
    assert present.any() and not present.all(), 'nothing is proved of hidden objects'
    # With so small weights RepViT sees nearly the same everywhere.
    one = 'Timm' in type(model.vision_encoder.backbone).__name__
    assert one or any(0.02 < share < 0.98 for share in same.inside), 'masks are empty or full'
    assert len(same.scores) == 2 * FRAMES - 3 + 1


@NEEDS_RTX
def test_tensorrt_builds_both_parts_of_the_memory(manifest: Path) -> None:
    from isaac_seg_py.catalog.manifest import Manifest
    from isaac_seg_py.families.sam2_shapes import free_shapes
    from isaac_seg_py.infer.engine_options import parse_profile
    from isaac_seg_py.infer.trt_build import build_engine
    from isaac_seg_py.infer.trt_library import open_library
    from isaac_seg_py.track_config import TrackConfig

    library = open_library('tensorrt-rtx')
    for part in ('memory_encoder', 'memory_attention'):
        file = Manifest.read(manifest).part(part).file
        profiles = dict(map(parse_profile, free_shapes(file, TrackConfig())))
        engine = build_engine(file, options('fp16', profiles=profiles), library)
        assert len(engine.plan) > 1e6
        assert engine.facts['layers']['HALF'] > engine.facts['layers']['FLOAT']
