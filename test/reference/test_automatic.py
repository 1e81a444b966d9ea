"""Masks for everything: grid, crops and filters are those of transformers' mask generation."""

from __future__ import annotations

import importlib
from typing import Any

from isaac_seg_py.automatic import _in_crop, crops, grid
from isaac_seg_py.automatic_config import AutomaticConfig
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.families.sam import Embedding, PromptedNetwork
from isaac_seg_py.geometry import View
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest

pytestmark = pytest.mark.reference

F32 = np.dtype(np.float32)
COUNT = 64
# No share of so few pixels is just this: there transformers refuses, and we, as Meta, accept.
LIMITS = (0.8803, 0.9503)


@pytest.fixture
def theirs(processors: Any) -> Any:
    """Give the module with transformers' pieces of mask generation."""
    processors('sam', 'Sam')
    return importlib.import_module('transformers.models.sam.image_processing_sam')


@pytest.mark.parametrize('size', [(480, 640), (701, 333), (97, 120)])
@pytest.mark.parametrize('layers', [0, 1, 3])
def test_crops_are_theirs(theirs: Any, size: tuple[int, int], layers: int) -> None:
    boxes, numbers = theirs._generate_per_layer_crops(layers, 512 / 1500, size)
    assert list(crops(size, layers, 512 / 1500)) == [
        (number, tuple(box)) for number, box in zip(numbers, boxes, strict=True)
    ]


def test_points_are_theirs(theirs: Any) -> None:
    points = theirs._build_point_grid(7).numpy() * (60, 40)
    np.testing.assert_allclose(grid((40, 60), 7), points, rtol=1e-6)


@pytest.mark.parametrize(
    ('crop', 'image'),
    [((0, 0, 90, 70), (70, 90)), ((40, 30, 130, 100), (100, 170)), ((0, 0, 90, 70), (100, 170))],
)
@pytest.mark.parametrize('seed', range(3))
def test_the_masks_that_stay_are_theirs(
    torch: Any, theirs: Any, crop: tuple[int, int, int, int], image: tuple[int, int], seed: int
) -> None:
    # Blobs of random places and sizes, with edges of random steepness, at the size of the crop.
    random = np.random.default_rng(810_000 + seed)
    size = crop[3] - crop[1], crop[2] - crop[0]
    y, x = np.mgrid[: size[0], : size[1]]
    middles = random.uniform(0, 1, (COUNT, 3, 2, 1, 1)) * np.reshape(size, (2, 1, 1))
    radii = random.uniform(3, 25, (COUNT, 3, 1, 1))
    away = np.hypot(y - middles[:, :, 0], x - middles[:, :, 1])
    logits = ((radii - away) * random.uniform(1, 12, (COUNT, 1, 1, 1))).astype(np.float32)
    scores = random.uniform(0.8, 1, (COUNT, 3)).astype(np.float32)

    found = _in_crop(
        _network(logits, scores), Embedding(Tensors({'f': np.zeros(1)}), View.identity(size)),
        crop, image, 0, AutomaticConfig(8, *LIMITS, box_nms_thresh=1.0),
    )  # fmt: skip
    rle, rated, boxes = theirs.SamImageProcessor.filter_masks(
        None, torch.from_numpy(logits), torch.from_numpy(scores), image, crop, *LIMITS
    )
    order = np.argsort(-rated.numpy(), kind='stable')
    assert 3 < len(found) < COUNT * 3
    np.testing.assert_array_equal([one.score for one in found], rated.numpy()[order])
    # Their boxes end at the last pixel, ours behind it.
    np.testing.assert_array_equal(
        [one.patch.box for one in found], boxes.numpy()[order] + (0, 0, 1, 1)
    )
    for one, index in zip(found, order, strict=True):
        mask = np.zeros(image, np.bool_)
        one.patch.paint(mask)
        np.testing.assert_array_equal(mask, theirs._rle_to_mask(rle[index]).numpy())


def _network(logits: np.ndarray, scores: np.ndarray) -> PromptedNetwork:
    """Make a network that answers the points in order."""
    size = logits.shape[2:]
    decoder = FakeBackend(
        lambda given: {'masks': logits, 'iou_predictions': scores},
        inputs=[
            TensorSpec('f', (1,), np.dtype(np.float64)),
            TensorSpec('point_coords', ('B', 'N', 2), F32),
            TensorSpec('point_labels', ('B', 'N'), F32),
        ],
        outputs=[
            TensorSpec('masks', ('B', 3, *size), F32), TensorSpec('iou_predictions', ('B', 3), F32)
        ],
    )  # fmt: skip
    encode = ImageEncoder(EncodeConfig(network_image_height=size[0], network_image_width=size[1]))
    return PromptedNetwork(encode, None, decoder, PromptConfig(max_prompts=COUNT))
