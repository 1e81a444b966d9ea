"""Run lengths, polygons and overlaps beside those of pycocotools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_seg_py import polygons, rle
from isaac_seg_py.decode.boxes import overlaps
import numpy as np
import pytest

pytestmark = pytest.mark.reference


@pytest.fixture(scope='module')
def coco() -> Any:
    """Give pycocotools' functions for masks."""
    return pytest.importorskip('pycocotools.mask', reason='make test-reference installs it')


def blobs(random: np.random.Generator) -> np.ndarray:
    """Return a mask with parts, holes and specks."""
    size = random.integers(1, 40, 2)
    coarse = random.random((size[0] // 4 + 1, size[1] // 4 + 1)) < 0.5
    mask = coarse.repeat(4, 0).repeat(4, 1)[: size[0], : size[1]]
    return mask ^ (random.random(mask.shape) < 0.05)


def each_mask(count: int) -> Callable[[], Any]:
    random = np.random.default_rng(7)
    return lambda: (blobs(random) for _ in range(count))


def test_run_lengths_are_the_very_letters_of_pycocotools(coco: Any) -> None:
    for mask in each_mask(200)():
        theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
        ours = rle.encode(mask)
        assert ours['counts'].encode() == theirs['counts']
        assert ours['size'] == theirs['size']
        np.testing.assert_array_equal(rle.decode(theirs), mask)


@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
def test_polygons_filled_by_pycocotools_give_the_mask_back(coco: Any) -> None:
    whole = 0
    for mask in each_mask(200)():
        outer = polygons.polygons(mask)
        if not outer or polygons.outlines(mask)[1]:
            # COCO's polygons have no holes.
            continue
        whole += 1
        parts = coco.decode(coco.frPyObjects([list(map(float, p)) for p in outer], *mask.shape))
        np.testing.assert_array_equal(parts.any(2), mask)
    assert whole > 20


def test_overlaps_of_boxes_are_those_of_pycocotools(coco: Any) -> None:
    random = np.random.default_rng(8)
    corner = random.random((50, 2)) * 40
    sides = random.random((50, 2)) * 30
    boxes = np.concatenate([corner, corner + sides], 1).astype(np.float32)
    theirs = coco.iou(
        np.concatenate([corner, sides], 1), np.concatenate([corner, sides], 1), [0] * 50
    )
    ours = np.array([overlaps(box, boxes) for box in boxes])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
