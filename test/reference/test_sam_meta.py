"""What segment-anything does before and after the network, written out in PyTorch, beside ours."""

from __future__ import annotations

import math
from typing import Any

import cv2
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.encode.prompts import tokens_of
from isaac_seg_py.families.sam import PromptedNetwork, SAM
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.prompts import make_prompts
from isaac_seg_py.tensors import TensorSpec
import numpy as np
import pytest

pytestmark = pytest.mark.reference

SIDE = 1024
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# Among them are those where NVIDIA's boxes drift: 632x1200, 376x672, 480x848.
SIZES = [
    (632, 1200), (376, 672), (480, 848), (481, 641), (333, 97), (1024, 1024), (1080, 1920),
]  # fmt: skip


def content_of(size: tuple[int, int]) -> tuple[int, int]:
    """Return how large the image is on Meta's canvas: the longest side fits, halves go up."""
    scale = SIDE / max(size)
    return int(size[0] * scale + 0.5), int(size[1] * scale + 0.5)


def encoder() -> ImageEncoder:
    """Give our encoder, set as the family is by itself."""
    return ImageEncoder(
        EncodeConfig(network_image_height=SIDE, network_image_width=SIDE, **SAM.encode)
    )


@pytest.mark.parametrize('size', SIZES)
def test_the_image_lies_on_the_canvas_where_meta_has_it(size: tuple[int, int]) -> None:
    view = encoder().view_of(size)
    assert view.content == content_of(size)
    assert view.canvas == (SIDE, SIDE)
    prompt = make_prompts(size, points=[(size[1] * 0.3, size[0] * 0.7)])[0]
    points, _ = tokens_of(prompt, view, view.canvas)
    height, width = content_of(size)
    # Each axis is scaled by itself, because each side was rounded.
    expected = [size[1] * 0.3 * width / size[1], size[0] * 0.7 * height / size[0]]
    np.testing.assert_allclose(points[0], expected, rtol=1e-6)


@pytest.mark.parametrize('size', SIZES)
def test_pixels_are_normalised_and_then_padded_with_zeros(
    torch: Any, size: tuple[int, int]
) -> None:
    # A ramp, of which every way to resize makes the same but at the edges.
    rows, columns = np.mgrid[: size[0], : size[1]]
    ramp = np.stack(
        [rows * 200 / size[0], columns * 200 / size[1], np.full(size, 99)], axis=-1
    ).astype(np.uint8)
    ours = encoder()(RawImage.from_array(ramp, 'rgb8'))
    (tensor,) = ours.arrays.values()
    content = content_of(size)
    pixels = torch.from_numpy(ramp).permute(2, 0, 1)[None].float()
    resized = torch.nn.functional.interpolate(
        pixels, content, mode='bilinear', align_corners=False, antialias=True
    )
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, STD))
    normal = (resized - mean) / std
    beyond = (0, SIDE - content[1], 0, SIDE - content[0])
    theirs = torch.nn.functional.pad(normal, beyond).numpy()
    assert not tensor[..., content[0] :, :].any()
    assert not tensor[..., :, content[1] :].any()
    # Meta resizes with Pillow, we with OpenCV: two steps of a byte at most.
    assert np.abs(tensor - theirs).max() <= 2.01 / min(STD)
    assert np.abs(tensor - theirs).mean() <= 0.7 / min(STD)


def two_steps(torch: Any, mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge a coarse mask as Meta does: to the canvas, cut, to the image."""
    grow = torch.nn.functional.interpolate
    canvas = grow(
        torch.from_numpy(mask)[None, None], (SIDE, SIDE), mode='bilinear', align_corners=False
    )
    height, width = content_of(size)
    found = grow(canvas[..., :height, :width], size, mode='bilinear', align_corners=False)
    return np.asarray(found[0, 0])


def blobs(seed: int) -> np.ndarray:
    """Make coarse scores as networks give them: smooth, within -12 and 12."""
    noise = np.random.default_rng(seed).standard_normal((16, 16)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (256, 256), interpolation=cv2.INTER_CUBIC) * 6)


def grown(scores: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return what a network that gives these scores finds in an image."""
    floats = np.dtype(np.float32)
    seer = FakeBackend(
        lambda given: {'features': np.zeros((1, 1, 1, 1), np.float32)},
        inputs=[TensorSpec('image', (1, 3, SIDE, SIDE), floats)],
        outputs=[TensorSpec('features', (1, 1, 1, 1), floats)],
    )
    decoder = FakeBackend(
        lambda given: {
            'iou_predictions': np.ones((1, 1), np.float32), 'low_res_masks': scores[None, None]
        },
        inputs=[
            TensorSpec('features', (1, 1, 1, 1), floats),
            TensorSpec('point_coords', (1, 'points', 2), floats),
            TensorSpec('point_labels', (1, 'points'), floats),
        ],
        outputs=[
            TensorSpec('iou_predictions', (1, 1), floats),
            TensorSpec('low_res_masks', (1, 1, *scores.shape), floats),
        ],
    )  # fmt: skip
    image = RawImage.from_array(np.zeros((*size, 3), np.uint8), 'rgb8')
    with PromptedNetwork(encoder(), seer, decoder, PromptConfig(), name='blobs') as network:
        found = network.predict(network.encode(image), make_prompts(size, points=[(1, 1)]))
    return np.asarray(found.objects.masks[0])


@pytest.mark.parametrize('size', SIZES)
def test_masks_in_one_step_are_those_in_two(torch: Any, size: tuple[int, int]) -> None:
    for seed in (800_010, 800_011, 800_012):
        scores = blobs(seed)
        theirs = two_steps(torch, scores, size)
        different = grown(scores, size) != (theirs > 0)
        assert different.mean() < 0.0005
        # In the last cell Meta mixes in what lies in the padding; ours does not.
        cell = math.ceil(4 * max(size) / SIDE)
        inner = np.abs(theirs[:-cell, :-cell][different[:-cell, :-cell]])
        # Elsewhere nothing but what is as good as 0, of scores to 12, differs.
        assert inner.max(initial=0) < 0.1
        # A mask that is moved by one pixel is far beyond that.
        moved = np.roll(theirs, 1, axis=1) > 0
        assert (moved != (theirs > 0)).mean() > 0.003
