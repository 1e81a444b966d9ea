"""The picture of the demo: rows with titles, and the colours explained."""

from __future__ import annotations

from isaac_seg_py.cli.pictures.grid import picture_grid
from isaac_seg_py.palette import Palette
import numpy as np


def test_rows_stand_behind_their_titles_in_their_order() -> None:
    colors = {'image': (200, 10, 10), 'truth': (10, 200, 10), 'mask': (10, 10, 200)}
    rows = {title: [np.full((80, 100, 3), color, np.uint8)] * 2 for title, color in colors.items()}
    names = ('background', 'ball')
    grid = picture_grid(rows, names, Palette((0x000000, 0x123456)))
    # Half of each picture, with a gap of 6 around it.
    assert grid.shape[0] == 3 * (40 + 12)
    for number, (title, color) in enumerate(colors.items()):
        strip = grid[number * 52 : (number + 1) * 52]
        shown = (strip == color).all(axis=2)
        assert shown.sum() == 2 * 40 * 50, title
        left = np.flatnonzero(shown.any(axis=0))[0]
        assert (strip[:, : left - 6] < 128).any(), f'no title before {title}'
    assert (grid == (0x12, 0x34, 0x56)).all(axis=2).any(), 'the legend lacks a class'
