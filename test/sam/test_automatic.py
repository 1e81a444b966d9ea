"""Masks for everything: grids, crops, what stays of the answers, and small regions."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.automatic import (
    _cleaned,
    _distinct,
    _Found,
    crops,
    Everything,
    find_everything,
    grid,
)
from isaac_seg_py.automatic_config import AutomaticConfig
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.decode.prompted import Patch
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ConfigError, PromptError
from isaac_seg_py.families.sam import PromptedNetwork
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.tensors import TensorSpec
import numpy as np
import pytest

F32 = np.dtype(np.float32)
SIDE = 128


class Colors:
    """A network that gives the region of one brightness around each point, at full size."""

    def __init__(self, rated: dict[int, float] | None = None) -> None:
        """Take the ratings of brightnesses, else 0.95."""
        self.rated = rated or {}
        self.decoder_runs: list[int] = []
        encoder = FakeBackend(
            lambda given: {'features': np.array(given['image'])},
            inputs=[TensorSpec('image', (1, 3, SIDE, SIDE), F32)],
            outputs=[TensorSpec('features', (1, 3, SIDE, SIDE), F32)],
        )
        decoder = FakeBackend(
            self._decode,
            inputs=[
                TensorSpec('features', (1, 3, SIDE, SIDE), F32),
                TensorSpec('point_coords', ('B', 'N', 2), F32),
                TensorSpec('point_labels', ('B', 'N'), F32),
            ],
            outputs=[
                TensorSpec('masks', ('B', 1, SIDE, SIDE), F32),
                TensorSpec('iou_predictions', ('B', 1), F32),
            ],
        )
        encode = ImageEncoder(
            EncodeConfig(network_image_height=SIDE, network_image_width=SIDE, fit='stretch',
                         tensor_name='image', interpolation='nearest', image_mean=(0.0,) * 3,
                         image_stddev=(1 / 255,) * 3)
        )  # fmt: skip
        self.network = PromptedNetwork(encode, encoder, decoder, PromptConfig(max_prompts=50))

    def _decode(self, given: Any) -> dict[str, np.ndarray]:
        image = given['features'][0, 0].round()
        self.decoder_runs.append(len(given['point_coords']))
        found = [image[int(y), int(x)] for x, y in given['point_coords'][:, 0]]
        masks = np.stack([np.where(image == value, 9, -9)[np.newaxis] for value in found])
        scores = [[self.rated.get(int(value), 0.95)] for value in found]
        return {'masks': masks.astype(np.float32), 'iou_predictions': np.float32(scores)}


def picture(size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """Draw two rectangles on a ground."""
    image = np.full((*size, 3), 10, np.uint8)
    image[10:40, 10:60] = 100
    image[60:110, 70:100] = 200
    return image


def everything(networks: Colors, image: np.ndarray, **settings: Any) -> Everything:
    """Find everything with a grid of 8x8."""
    config = AutomaticConfig(**{'points_per_side': 8, **settings})
    return find_everything(networks.network, RawImage.of(image), config)


def test_everything_is_found_once_and_the_best_comes_first() -> None:
    networks = Colors({100: 0.99, 200: 0.97})
    image = picture()
    found = everything(networks, image)
    assert found.objects.ids == (1, 2, 3)
    for mask, value in zip(found.objects.masks, (100, 200, 10), strict=True):
        np.testing.assert_array_equal(mask, image[..., 0] == value)
    assert found.objects.boxes.tolist() == [[10, 10, 60, 40], [70, 60, 100, 110], [0, 0, 128, 128]]
    assert found.stability.tolist() == [1, 1, 1]
    for (x, y), mask in zip(found.points, found.objects.masks, strict=True):
        assert mask[int(y), int(x)]
    # 64 points, 50 at once; one image.
    assert networks.decoder_runs == [50, 14]
    assert networks.network.images_encoded == 1


def test_what_is_rated_low_or_unstable_goes_and_no_more_stay_than_asked_for() -> None:
    networks = Colors({100: 0.5, 200: 0.97})
    assert len(everything(networks, picture()).objects) == 2
    assert len(everything(networks, picture(), pred_iou_thresh=0.4).objects) == 3
    assert len(everything(networks, picture(), max_masks=1).objects) == 1
    unsure = Colors()
    unsure.network.grow._offset = 10
    assert len(everything(unsure, picture()).objects) == 0
    assert len(everything(unsure, picture(), stability_score_thresh=0.0).objects) == 3


def test_an_embedding_is_asked_without_encoding_again_and_has_no_crops() -> None:
    networks = Colors()
    seen = networks.network.encode(RawImage.of(picture()))
    found = find_everything(networks.network, seen, AutomaticConfig(points_per_side=8))
    assert len(found.objects) == 3
    assert networks.network.images_encoded == 1
    with pytest.raises(PromptError, match='crops are cut out of the image'):
        find_everything(networks.network, seen, AutomaticConfig(crop_n_layers=1))


def test_crops_find_what_the_grid_steps_over_and_leave_out_what_they_cut() -> None:
    image = picture((256, 256))
    image[41:57, 77:95] = 50
    image[151:171, 181:203] = 60
    # Between the points of a grid of 4x4.
    coarse = everything(Colors(), image, points_per_side=4).objects
    assert not coarse.masks[:, 50, 85].any() or coarse.masks[:, 50, 85].sum() == 1
    assert len(coarse) < 5
    networks = Colors({10: 0.99})
    found = everything(networks, image, crop_n_layers=1, crop_overlap_ratio=0.0)
    assert networks.network.images_encoded == 5
    # On the whole image every second pixel is seen, in a crop each of them: that is what stays.
    for value in (50, 60, 100, 200):
        truth = image[..., 0] == value
        assert [m for m in found.objects.masks if (m == truth).all()], value
    for (x, y), mask in zip(found.points, found.objects.masks, strict=True):
        assert mask[int(y), int(x)]
    # The ground as one crop shows it ends at the crop's edge.
    ground = [mask for mask in found.objects.masks if mask[5, 5] or mask[250, 250]]
    assert [mask.sum() > 50_000 for mask in ground] == [True]


def test_of_masks_that_are_alike_the_best_stays_though_their_boxes_differ() -> None:
    clean = np.zeros((60, 80), np.bool_)
    clean[10:20, 10:30] = True
    stray, half, aside = clean.copy(), clean.copy(), np.zeros_like(clean)
    stray[55, 75] = True
    half[:, 20:] = False
    aside[10:20, 40:60] = True
    found = [
        _Found.of(Patch.of(mask), score, 1.0, (12, 12), 4800)
        for mask, score in ((stray, 0.9), (clean, 0.8), (half, 0.7), (aside, 0.6))
    ]

    def stays(limit: float) -> list[float]:
        return [one.score for one in _distinct(found, limit)]

    assert stays(0.999) == [0.9, 0.8, 0.7, 0.6]
    assert stays(0.7) == [0.9, 0.7, 0.6]
    assert stays(0.4) == [0.9, 0.6]
    assert stays(0.0) == [0.9, 0.6]


def test_masks_that_become_one_by_cleaning_stay_once() -> None:
    rough = np.zeros((40, 60), np.bool_)
    rough[5:15, 5:15] = True
    clean = Patch.of(rough)
    rough[38, 58] = True
    made = [
        _Found.of(patch, score, 1.0, (6, 6), 2400)
        for patch, score in ((Patch.of(rough), 0.9), (clean, 0.8))
    ]
    stays = _cleaned(made, (40, 60), AutomaticConfig(min_mask_region_area=4))
    # The one that needed no cleaning, though it is rated lower.
    assert [one.score for one in stays] == [0.8]


@pytest.mark.parametrize('size', [(480, 640), (97, 51), (5, 3)])
@pytest.mark.parametrize('layers', [1, 3])
def test_crops_cover_the_image_and_overlap(size: tuple[int, int], layers: int) -> None:
    found = list(crops(size, layers, 512 / 1500))
    assert found[0] == (0, (0, 0, size[1], size[0]))
    for layer in range(1, layers + 1):
        covered = np.zeros(size, int)
        for number, (x1, y1, x2, y2) in found:
            assert 0 <= x1 < x2 <= size[1]
            assert 0 <= y1 < y2 <= size[0]
            covered[y1:y2, x1:x2] += number == layer
        assert covered.min() >= 1
        assert min(size) < 50 or covered.max() >= 4


def test_points_are_in_the_middle_of_tiles() -> None:
    assert grid((10, 20), 2).tolist() == [[5, 2.5], [15, 2.5], [5, 7.5], [15, 7.5]]


def test_a_small_hole_and_an_island_are_cleaned_away() -> None:
    image = picture()
    image[20:22, 30:33] = 10
    image[120, 5] = 100
    rough = everything(Colors({100: 0.99}), image).objects.masks[0]
    np.testing.assert_array_equal(rough, image[..., 0] == 100)
    clean = everything(Colors({100: 0.99}), image, min_mask_region_area=9).objects
    np.testing.assert_array_equal(clean.masks[0], picture()[..., 0] == 100)
    assert clean.boxes[0].tolist() == [10, 10, 60, 40]


def test_parts_far_smaller_than_the_largest_go_whatever_their_pixels() -> None:
    image = picture()
    image[62:67, 12:18] = 100
    for share, bottom in ((0.0, 67), (0.02, 67), (0.03, 40)):
        found = everything(Colors({100: 0.99}), image, min_island_share=share).objects
        assert found.boxes[0].tolist() == [10, 10, 60, bottom]


def test_what_lies_far_from_the_point_that_found_it_goes() -> None:
    image = picture()
    image[41:56, 25:40] = 150
    # Only this part has a point of the grid, and it is too small to stay.
    image[119:122, 119:122] = 150
    stays = {}
    for gap in (0.0, 0.5, 0.7, 1.0):
        found = everything(Colors(), image, min_island_share=0.1, max_point_gap=gap)
        stays[gap] = [25, 41, 40, 56] in found.objects.boxes.tolist()
        # All others have their points inside.
        assert len(found.objects) == 3 + stays[gap]
    assert stays == {0.0: False, 0.5: False, 0.7: True, 1.0: True}


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigError, match='points_per_side is 0'):
        AutomaticConfig(points_per_side=0)
