"""Curves of how a cost grows."""

from __future__ import annotations

from isaac_seg_py.benchmark.curves import plot_curves, side_by_side
from isaac_seg_py.benchmark.plots import COLORS
import numpy as np


def places(picture: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of a line's own colour, below the names."""
    rows, columns = np.nonzero((picture == COLORS[number]).all(-1))
    below = rows > 90
    return rows[below], columns[below]


def test_what_costs_more_lies_higher_and_what_grows_rises() -> None:
    picture = plot_curves(
        {'flat': [(1, 2), (4, 2)], 'rising': [(1, 4), (4, 8)]}, 'cost', 'cameras'
    )
    flat, rising = places(picture, 0), places(picture, 1)
    assert np.ptp(flat[0]) < 10
    assert rising[0].max() < flat[0].min()
    first, last = rising[1].argmin(), rising[1].argmax()
    # From 4 to 8 of 10 steps.
    assert rising[0][first] - rising[0][last] > 60
    # The same x is at the same place, a quarter and the whole of the axis.
    assert abs(int(flat[1].min()) - int(rising[1].min())) <= 1
    begin, end = flat[1].min() + 3, flat[1].max() - 3
    assert abs((begin - 52) / (end - 52) - 0.25) < 0.02


def test_pictures_lie_side_by_side_and_the_rest_is_white() -> None:
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    whole = side_by_side(pictures, 2)
    assert whole.shape == (4, 6, 3)
    assert [whole[0, 0, 0], whole[0, 3, 0], whole[2, 0, 0], whole[2, 3, 0]] == [10, 20, 30, 255]
