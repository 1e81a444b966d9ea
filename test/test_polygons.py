"""Outlines follow the edges of pixels: filled, they give the mask back."""

from __future__ import annotations

from isaac_seg_py.polygons import bounds, outlines, polygons
import numpy as np
import pytest


def as_mask(text: str) -> np.ndarray:
    """Read a picture in which # is inside."""
    return np.array([[letter == '#' for letter in line] for line in text.split()])


def corners(ring: np.ndarray) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in ring}


def filled(rings: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Fill by counting the vertical edges to the right of each pixel's centre."""
    inside = np.zeros(size, bool)
    rows, columns = (np.arange(n) + 0.5 for n in size)
    for ring in rings:
        for (x, y), (to_x, to_y) in zip(ring, np.roll(ring, -1, 0), strict=True):
            # An outline of pixels has no slanted edge.
            assert x == to_x or y == to_y
            crossed = (rows > min(y, to_y)) & (rows < max(y, to_y))
            inside ^= np.logical_and.outer(crossed, columns < x)
    return inside


def test_a_pixel_is_a_square_between_whole_numbers() -> None:
    mask = np.zeros((5, 9), bool)
    mask[3, 7] = True
    assert [sorted(corners(ring)) for ring in outlines(mask)[0]] == [
        [(7, 3), (7, 4), (8, 3), (8, 4)]
    ]
    assert bounds(mask) == (3, 7, 4, 8)


def test_corners_inwards_and_holes_are_exact() -> None:
    ring = as_mask('###.. #.#.. ##### ..### ..###')
    outer, holes = outlines(ring)
    assert [corners(one) for one in outer] == [
        {(0, 0), (3, 0), (3, 2), (5, 2), (5, 5), (2, 5), (2, 3), (0, 3)}
    ]
    assert [corners(one) for one in holes] == [{(1, 1), (2, 1), (2, 2), (1, 2)}]
    assert len(polygons(ring)) == 1


def test_parts_that_touch_at_a_corner_are_one() -> None:
    outer, holes = outlines(as_mask('#. .#'))
    assert (len(outer), holes) == (1, [])
    np.testing.assert_array_equal(filled(outer, (2, 2)), [[True, False], [False, True]])


def test_nothing_has_no_outline() -> None:
    nothing = np.zeros((4, 6), np.uint8)
    assert outlines(nothing) == ([], [])
    assert polygons(nothing) == []
    assert bounds(nothing) == (0, 0, 0, 0)


@pytest.mark.parametrize('seed', range(200))
def test_any_mask_comes_back_from_its_outlines(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(1, 16, 2)) < random.random()
    outer, holes = outlines(mask)
    np.testing.assert_array_equal(filled(outer + holes, mask.shape), mask)


def test_a_tolerance_leaves_corners_out() -> None:
    rows, columns = np.mgrid[:60, :60]
    disc = (rows - 30) ** 2 + (columns - 30) ** 2 < 25**2
    exact, coarse = polygons(disc)[0], polygons(disc, 2.0)[0]
    assert len(coarse) < len(exact) / 4
    around = np.array(coarse).reshape(-1, 2)
    assert (np.abs(np.hypot(*(around - 30.5).T) - 25) < 2).all()
