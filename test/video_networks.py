"""Networks with a memory and random weights, and what transformers makes of them."""

from __future__ import annotations

import itertools
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
import pytest

SIDE = 256
FRAMES = 26
CALIBRATED = 13
# Random weights make errors of rounding grow; somewhat smaller ones keep them small.
GAIN = 0.8
# Of the backbone of a few convolutions.
CHANNELS = (16, 24, 32, 40)
# Of the largest number that comes.
TOLERANCE = 1e-5
SIZE = (96, 128)
# Places as shares of the image's width and height.
BOX = [(0.2, 0.3), (0.6, 0.8)]
POINTS = [(0.7, 0.4), (0.1, 0.9)]
MORE = [(0.5, 0.55)]


def small_model(torch: Any, seed: int, **more: Any) -> Any:
    """Return a small Sam2VideoModel with lively random weights."""
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    torch.manual_seed(seed)
    width = 128  # where it equals the memory's 64, transformers stops
    config = transformers.Sam2VideoConfig(
        vision_config={
            'model_type': 'sam2_vision_model',
            'backbone_channel_list': [128, 64, 32, 16],
            'backbone_feature_sizes': [[SIDE // 4] * 2, [SIDE // 8] * 2, [SIDE // 16] * 2],
            'fpn_hidden_size': width,
            'backbone_config': {
                'model_type': 'sam2_hiera_det_model', 'hidden_size': 16, 'num_attention_heads': 1,
                'image_size': [SIDE, SIDE], 'blocks_per_stage': [1, 1, 2, 1],
                'embed_dim_per_stage': [16, 32, 64, 128],
                'num_attention_heads_per_stage': [1, 2, 4, 8],
                'window_size_per_stage': [8, 4, 14, 7], 'global_attention_blocks': [3],
            },
        },
        prompt_encoder_config={'hidden_size': width, 'image_size': SIDE},
        mask_decoder_config={
            'hidden_size': width, 'mlp_dim': 96, 'num_attention_heads': 4,
            'iou_head_hidden_dim': 32,
        },
        image_size=SIDE,
        memory_attention_hidden_size=width,
        memory_attention_num_layers=2,
        memory_attention_feed_forward_hidden_size=96,
        memory_attention_rope_feat_sizes=[SIDE // 16, SIDE // 16],
        memory_encoder_hidden_size=width,
        mask_downsampler_embed_dim=width,
        memory_fuser_embed_dim=width,
        memory_fuser_intermediate_dim=96,
        **more,
    )  # fmt: skip
    return lively(torch, transformers.Sam2VideoModel(config).eval())


def pyramid(torch: Any, transformers: Any) -> Any:
    """Return the config of a backbone that needs no timm: strides of 4, 8, 16 and 32."""

    class PyramidConfig(transformers.PreTrainedConfig):  # type: ignore[misc, name-defined]
        model_type = 'isaac_seg_test_pyramid'

    class Pyramid(transformers.PreTrainedModel):  # type: ignore[misc, name-defined]
        config_class = PyramidConfig

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            first = torch.nn.Conv2d(3, CHANNELS[0], 7, 4, 3)
            more = [
                torch.nn.Conv2d(given, made, 3, 2, 1)
                for given, made in itertools.pairwise(CHANNELS)
            ]
            self.steps = torch.nn.ModuleList([first, *more])
            self.post_init()

        def forward(self, pixel_values: Any, **_: Any) -> Any:
            found = [pixel_values]
            for step in self.steps:
                found.append(torch.nn.functional.gelu(step(found[-1])))
            return transformers.modeling_outputs.BaseModelOutput(last_hidden_state=found[1:])

    transformers.AutoConfig.register(PyramidConfig.model_type, PyramidConfig, exist_ok=True)
    transformers.AutoModel.register(PyramidConfig, Pyramid, exist_ok=True)
    return PyramidConfig()


def lively(torch: Any, model: Any) -> Any:
    """Fill a model with random weights that make its answers differ from each other."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if 'norm' not in name:
                alone = weight.dim() < 2 or 'embed' in name or 'latents' in name
                fan = 1 if alone else weight[0].numel()
                weight.copy_(GAIN * torch.randn_like(weight) / fan**0.5)
    return model


def balance(torch: Any, model: Any, frames: list[np.ndarray]) -> None:
    """Change a model so that in half of the frames an object that was shown is there."""
    head = model.mask_decoder.pred_obj_score_head.proj_out
    seen = Theirs(torch, model)
    seen.show(0, BOX, [2, 3])
    scores = [float(seen.track(pixels(image))[1]) for image in frames[:CALIBRATED]][1:]
    with torch.no_grad():
        # Where it is shown it is there.
        gain = -1 / np.std(scores)
        head.weight *= gain
        head.bias *= gain
        head.bias -= float(gain * np.median(scores))


def exported(model: Any, folder: Path) -> Path:
    """Export a model as a user does; return the manifest."""
    from isaac_seg_py.cli.main import main

    model.save_pretrained(folder / 'saved')
    file = folder / 'small-sam2.onnx'
    assert main(['export', str(folder / 'saved'), '--output', str(file)]) == 0
    return file.with_suffix('.yaml')


def pixels(image: np.ndarray) -> np.ndarray:
    """Return an image as the networks take it: stretched to the canvas, and normalised."""
    canvas = cv2.resize(image, (SIDE, SIDE)).astype(np.float32) / 255
    normal = (canvas - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    return normal.transpose(2, 0, 1)[np.newaxis].astype(np.float32)


class Theirs:
    """
    One object in transformers' model, image after image.

    Each has a session of its own: of several in one, the masks of all are made binary in a frame
    in which one was shown, which Meta's code does only to that one.
    """

    def __init__(self, torch: Any, model: Any, beside: Theirs | None = None) -> None:
        self.torch, self.model = torch, model
        name = type(model).__name__.replace('Model', 'InferenceSession')
        self.session = getattr(sys.modules[type(model).__module__], name)(
            video_height=SIDE,
            video_width=SIDE,
            dtype=torch.float32,
            max_vision_features_cache_size=4,
        )
        self.session.obj_id_to_idx(1)
        if beside is not None:
            # The image is the same: what the network makes of it is worked out once.
            self.session.cache = beside.session.cache

    def show(self, frame: int, spots: Any, labels: list[int]) -> None:
        """Show the object in a frame that is still to come, by spots as shares of the canvas."""
        self.session.add_point_inputs(0, frame, self._given(spots, labels))
        self.session.obj_with_new_inputs = [1]

    def show_mask(self, frame: int, mask: np.ndarray) -> None:
        """Show the object by its mask on the canvas."""
        self.session.add_mask_inputs(0, frame, self.torch.from_numpy(mask)[None, None])
        self.session.obj_with_new_inputs = [1]

    def track(self, image: np.ndarray, frame: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return coarse mask and score of the object in the next image."""
        with self.torch.no_grad():
            found = self.model(self.session, frame=self.torch.from_numpy(image), frame_idx=frame)
        return found.pred_masks[0, 0].numpy(), found.object_score_logits.numpy().reshape(())

    def correct(
        self, frame: int, spots: Any, labels: list[int], keep: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Correct the object in the latest frame as Meta's code does, with its earlier mask."""
        session, stored = self.session, self.session.output_dict_per_obj[0]
        shown_here = frame in stored['cond_frame_outputs']
        kind = 'cond_frame_outputs' if shown_here else 'non_cond_frame_outputs'
        known = stored[kind][frame]
        earlier = known['pred_masks'].clamp(-32, 32)
        if known['object_score_logits'] <= 0:
            # Ours differs from Meta's on purpose: no mask of nothing speaks against a correction.
            earlier = None
        with self.torch.no_grad():
            found = self.model._run_single_frame_inference(
                session, frame, 0, 1, shown_here, self._given(spots, labels), None, False,
                prev_sam_mask_logits=earlier, streaming=True,
            )  # fmt: skip
            if keep:
                stored['non_cond_frame_outputs'].pop(frame, None)
            session.store_output(0, frame, output_value=found, is_conditioning_frame=keep)
            self.model._batch_encode_memories(
                session, frame, [0], [found['high_res_masks']], [found['object_score_logits']],
                [True],
            )  # fmt: skip
        return found['pred_masks'][0, 0].numpy(), found['object_score_logits'].numpy().reshape(())

    def _given(self, spots: Any, labels: list[int]) -> dict[str, Any]:
        points = self.torch.tensor(np.float32(spots) * SIDE).reshape(1, 1, -1, 2)
        return {'point_coords': points, 'point_labels': self.torch.tensor(labels)[None, None]}


class Compared:
    """Gathers how far our answers are from theirs, and what they were."""

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker
        self.scores: list[float] = []
        self.inside: list[float] = []

    def __call__(self, name: str, theirs: tuple[np.ndarray, np.ndarray]) -> None:
        ours = self.tracker._following.history.latest.answers[name]
        self.scores.append(ours.presence)
        for mine, other, largest in (
            (ours.coarse, theirs[0], np.abs(theirs[0]).max()),
            (ours.presence, theirs[1], np.abs(self.scores).max()),
        ):
            np.testing.assert_allclose(mine, other, rtol=0, atol=TOLERANCE * max(1, largest))
        if ours.presence > 0:
            self.inside.append(float((ours.coarse > 0).mean()))


def scaled(spots: Any) -> np.ndarray:
    """Return shares of the canvas as pixels of the image."""
    return np.float32(spots) * (SIZE[1], SIZE[0])
