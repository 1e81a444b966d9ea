"""segNet's colours, pixel by pixel in a plain loop: those of the fcn family are the same."""

from __future__ import annotations

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.geometry import View
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

ALPHAS = (0, 255, 12, 40, 255)
COLORS = (0x000000, 0xFF0000, 0x00FF00, 0x2040F0, 0xC8C8C8)
GRID = (4, 6)
SIZE = (37, 61)


def grid_of(seed: int) -> np.ndarray:
    """Return scores [1, C, h, w] of which each cell has a clear winner."""
    random = np.random.default_rng(seed)
    return random.standard_normal((1, len(COLORS), *GRID), np.float32) * 5


def plain_color(
    scores: np.ndarray, x: float, y: float, linear: bool, alphas: tuple[int, ...]
) -> np.ndarray:
    """Return red, green, blue and opacity of a point (in cells) as segNet mixes them."""

    def cell(row: int, column: int) -> np.ndarray:
        row, column = min(max(row, 0), GRID[0] - 1), min(max(column, 0), GRID[1] - 1)
        best = max(range(len(COLORS)), key=lambda c: scores[0, c, row, column])
        color = COLORS[best]
        return np.array([color >> 16, color >> 8 & 255, color & 255, alphas[best]], float)

    if not linear:
        return cell(int(y), int(x))
    across, down = max(x - 0.5, 0.0), max(y - 0.5, 0.0)
    left, top = int(across), int(down)
    right, low = across - left, down - top
    return (
        cell(top, left) * (1 - right) * (1 - low)
        + cell(top, left + 1) * right * (1 - low)
        + cell(top + 1, left) * (1 - right) * low
        + cell(top + 1, left + 1) * right * low
    )


def plain_picture(
    scores: np.ndarray, linear: bool, centre: float, alphas: tuple[int, ...] = ALPHAS
) -> np.ndarray:
    """Return the picture; segNet reads the grid at the corner of a pixel, `centre` 0."""
    picture = np.empty((*SIZE, 4))
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            x, y = (column + centre) * GRID[1] / SIZE[1], (row + centre) * GRID[0] / SIZE[0]
            picture[row, column] = plain_color(scores, x, y, linear, alphas)
    return picture


@pytest.mark.parametrize('filter_mode', ['linear', 'point'])
def test_colours_and_overlay_are_those_of_a_plain_loop(filter_mode: str) -> None:
    scores = grid_of(3)
    config = DecodeConfig(
        color_palette=COLORS,
        filter_mode=filter_mode,
        mix_colors=True,
        data_format='NCHW',
        class_alphas=ALPHAS,
    )
    view = View.fit(SIZE, (128, 192), 'stretch')
    found = LabelDecoder(config)(Tensors({'output_0': scores}, view))
    wanted = plain_picture(scores, filter_mode == 'linear', 0.5)
    assert np.abs(found.color('rgba8').astype(float) - wanted).max() <= 0.5001
    assert np.abs(found.color('bgr8')[..., ::-1] - wanted[..., :3]).max() <= 0.5001
    image = np.random.default_rng(4).integers(0, 256, (*SIZE, 3), np.uint8)
    # segNet's alpha of 120 is a share of the image of 1 - 120/255, for classes without their own.
    over = found.overlay(image, 1 - 120 / 255)
    over_alphas = (0, 120, 12, 40, 120)
    share = plain_picture(scores, filter_mode == 'linear', 0.5, over_alphas)[..., 3:] / 255
    plain = wanted[..., :3] * share + image * (1 - share)
    # Colours and opacity are rounded to whole numbers before they are blended.
    assert np.abs(over - plain).max() <= 1.5
    # What segNet itself draws is half a pixel further down and to the right.
    corner = plain_picture(scores, filter_mode == 'linear', 0.0)
    if filter_mode == 'linear':
        assert (
            np.abs(found.color('rgb8') - corner[..., :3]).max() <= 255 * (6 / 61 + 4 / 37) / 2 + 1
        )


def test_what_a_crop_does_not_show_has_the_colour_of_its_class() -> None:
    config = DecodeConfig(
        color_palette=COLORS, mix_colors=True, data_format='NCHW', outside_class=3
    )
    view = View.fit((16, 48), (16, 24), 'crop')
    found = LabelDecoder(config)(Tensors({'output_0': grid_of(6)}, view))
    color = found.color()
    assert color[:, :12].reshape(-1, 3).tolist() == [[0x20, 0x40, 0xF0]] * 192
    assert color[:, 12].tolist() != color[:, 11].tolist()
    assert found.color('rgba8', background=3)[0, 47].tolist() == [0x20, 0x40, 0xF0, 0]


def test_the_class_that_is_ignored_leaves_its_place_to_the_next_best() -> None:
    scores = grid_of(5)
    names = ('void', 'road', 'tree', 'sky', 'car')
    settings = {'class_names': names, 'data_format': 'NCHW', 'filter_mode': 'point'}
    found = LabelDecoder(DecodeConfig(ignore_class='Tree', **settings))(
        Tensors({'output_0': scores})
    )
    for row, column in np.ndindex(GRID):
        order = np.argsort(-scores[0, :, row, column])
        wanted = order[1] if order[0] == 2 else order[0]
        assert found.labels[row, column] == wanted
    assert (scores[0].argmax(0) == 2).any()
