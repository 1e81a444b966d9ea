"""Small holes are filled and small islands removed; masks overlap by their pixels."""

from __future__ import annotations

from isaac_seg_py.decode.prompted import Patch
from isaac_seg_py.decode.regions import without_small_islands, without_small_regions
import numpy as np
import pytest


@pytest.mark.parametrize('share', [0.05, 0.5, 1.0])
def test_the_overlap_of_masks_is_that_of_their_pixels(
    share: float, random_numbers: np.random.Generator
) -> None:
    for _ in range(20):
        masks = np.zeros((2, 20, 24), np.bool_)
        for mask in masks:
            top, left = random_numbers.integers(0, 14, 2)
            mask[top : top + 9, left : left + 7] = True
            mask &= random_numbers.random(mask.shape) < share
        both, one = np.count_nonzero(masks[0] & masks[1]), np.count_nonzero(masks.any(0))
        if all(mask.any() for mask in masks):
            assert Patch.of(masks[0]).overlap(Patch.of(masks[1])) == both / one


def plainly(mask: np.ndarray, least: int) -> np.ndarray:
    """Fill and remove by walking over pixels, in the whole image."""

    def regions(of: np.ndarray) -> list[list[tuple[int, int]]]:
        left = {(int(y), int(x)) for y, x in np.argwhere(of)}
        found = []
        while left:
            region, todo = [], [left.pop()]
            while todo:
                y, x = todo.pop()
                region.append((y, x))
                near = {(y + a, x + b) for a in (-1, 0, 1) for b in (-1, 0, 1)} & left
                left -= near
                todo += near
            found.append(region)
        return found

    made = mask.copy()
    for region in regions(~made):
        if len(region) < least:
            made[tuple(np.transpose(region))] = True
    parts = sorted(regions(made), key=len)
    for region in parts[:-1]:
        if len(region) < least:
            made[tuple(np.transpose(region))] = False
    return made


@pytest.mark.parametrize('share', [0.1, 0.5, 0.8, 0.95])
def test_small_regions_go_as_a_plain_loop_says(
    share: float, random_numbers: np.random.Generator
) -> None:
    changes = 0
    for _ in range(10):
        mask = np.zeros((24, 30), np.bool_)
        mask[3:20, :26] = random_numbers.random((17, 26)) < share
        found = np.zeros_like(mask)
        patch, changed = without_small_regions(Patch.of(mask), mask.shape, 6)
        patch.paint(found)
        np.testing.assert_array_equal(found, plainly(mask, 6))
        assert changed == (found != mask).any()
        changes += changed
    assert changes or share == 0.95


@pytest.mark.parametrize(
    ('share', 'areas'), [(0.0, (20, 9, 2, 1)), (0.1, (20, 9, 2)), (0.11, (20, 9)), (1.0, (20,))]
)
def test_islands_go_by_their_share_of_the_largest_part(
    share: float, areas: tuple[int, ...]
) -> None:
    mask, kept = np.zeros((2, 16, 30), np.bool_)
    places = {20: np.s_[:10, 8:10], 9: np.s_[2:5, :3], 2: np.s_[:1, 24:26], 1: np.s_[3, 16]}
    for area, place in places.items():
        mask[place], kept[place] = True, area in areas
    found = np.zeros_like(mask)
    patch = without_small_islands(Patch.of(mask), share)
    patch.paint(found)
    np.testing.assert_array_equal(found, kept)
    # Its box is as small as what is left.
    assert (patch.top, patch.left) == tuple(np.argwhere(kept).min(0))
