"""Prompts made from masks show what a person would show."""

from __future__ import annotations

from isaac_seg_py.scenes import make_scene
import numpy as np
import pytest

from training.evaluate_prompts import KINDS, masks_of, overlap
from training.prompts import any_point, box_tokens, deepest_point, inner_point, outer_point


def ring() -> np.ndarray:
    """Make a mask with a hole, off the middle."""
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 20:50] = 1
    mask[18:22, 30:40] = 0
    return mask


def at(mask: np.ndarray, point: np.ndarray) -> int:
    """Give the value of the pixel that a point lies in."""
    return int(mask[int(point[1]), int(point[0])])


def test_points_lie_on_the_mask_and_beside_it(random_numbers: np.random.Generator) -> None:
    mask = ring()
    inside = [inner_point(mask, random_numbers) for _ in range(200)]
    outside = [outer_point(mask, random_numbers) for _ in range(200)]
    assert all(at(mask, point) for point in inside)
    assert not any(at(mask, point) for point in outside)
    # Anywhere: many places, and some in the hole.
    assert len({tuple(point) for point in inside}) > 80
    assert any(30 < x < 40 and 18 < y < 22 for x, y in outside)


def test_the_deepest_point_is_the_farthest_from_all_edges() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[4:13, 0:9] = 1  # at the picture's edge, which is one too
    assert deepest_point(mask).tolist() == [4.5, 8.5]


def test_a_full_picture_has_no_point_beside_it(random_numbers: np.random.Generator) -> None:
    full = np.ones((8, 8), np.uint8)
    assert outer_point(full, random_numbers).tolist() == [0.5, 0.5]
    assert at(full, any_point(full, random_numbers)) == 1


def test_boxes_are_exact_or_drawn_badly_and_stay_in_the_picture(
    random_numbers: np.random.Generator,
) -> None:
    boxes = np.array([box_tokens(ring(), random_numbers)[0].ravel() for _ in range(200)])
    exact = (boxes == (20, 10, 50, 30)).all(axis=1)
    assert 60 < exact.sum() < 140
    assert np.abs(boxes - (20, 10, 50, 30)).max() < 8
    edge = np.ones((10, 10), np.uint8)
    drawn = np.array([box_tokens(edge, random_numbers)[0] for _ in range(50)])
    assert drawn.min() >= 0
    assert drawn.max() <= 10


@pytest.mark.parametrize('kind', KINDS)
def test_objects_of_scenes_are_asked_for_in_their_own_place(kind: str) -> None:
    scene = make_scene(800_300, (240, 320), objects=4)
    masks = masks_of(scene)
    assert masks
    asked = KINDS[kind](masks, np.random.default_rng(0))
    for mask, given in zip(masks, next(iter(asked.values())), strict=True):
        if len(given) == 2:
            assert at(mask, given) == 1
        else:
            x1, y1, x2, y2 = (round(float(value)) for value in given)
            inside = mask[max(y1, 0) : y2, max(x1, 0) : x2].sum()
            assert inside > 0.85 * mask.sum()


def test_overlap_of_known_masks() -> None:
    mask, truth = np.zeros((4, 4), bool), np.zeros((4, 4), np.uint8)
    mask[:2], truth[1:3] = True, 1
    assert overlap(mask, truth) == pytest.approx(1 / 3)
