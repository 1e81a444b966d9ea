"""Masks at the size of the image: the decoder's fast path against a plain loop."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.geometry import FITS, View
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

IDS = np.array([[0, 1, 2], [2, 1, 0]])


def decode(array: np.ndarray, view: View | None = None, **settings: Any) -> Any:
    """Decode one output."""
    decoder = LabelDecoder(DecodeConfig(**settings))
    return decoder(Tensors({'output': array}, view), want_scores=True)


def by_hand(planes: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate every class at every pixel, one pixel after the other; class 0 where unseen."""
    _, grid_rows, grid_columns = planes.shape
    labels = np.zeros(view.image, int)
    margins = np.full(view.image, np.inf)
    rows, columns = view.image_centres_on((grid_rows, grid_columns))
    top, left, bottom, right = view.visible()
    limits = []
    for start, end, cells, canvas in (
        (top, bottom, grid_rows, view.canvas[0]), (left, right, grid_columns, view.canvas[1]),
    ):  # fmt: skip
        inside = [i for i in range(cells) if start * cells <= (i + 0.5) * canvas <= end * cells]
        limits.append((inside[0], inside[-1]))
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if not (0 <= row < grid_rows and 0 <= column < grid_columns):
                continue
            (a, b, t), (c, d, s) = (
                (min(max(int(np.floor(p - 0.5)), low), high),
                 min(max(int(np.floor(p - 0.5)) + 1, low), high),
                 p - 0.5 - np.floor(p - 0.5))
                for p, (low, high) in zip((row, column), limits, strict=True)
            )  # fmt: skip
            mixed = [
                (plane[a, c] * (1 - s) + plane[a, d] * s) * (1 - t)
                + (plane[b, c] * (1 - s) + plane[b, d] * s) * t
                for plane in planes.astype(float)
            ]
            labels[y, x] = int(np.argmax(mixed))
            best = sorted(mixed)
            margins[y, x] = best[-1] - best[-2]
    return labels, margins


@pytest.mark.parametrize('how', FITS)
@pytest.mark.parametrize(
    ('image', 'canvas', 'grid'),
    [
        ((23, 31), (16, 16), (16, 16)),
        ((12, 40), (32, 32), (8, 8)),
        ((40, 13), (24, 32), (6, 8)),
        ((9, 9), (30, 18), (10, 6)),
        ((5, 5), (20, 20), (20, 20)),
    ],
)
def test_mixing_only_the_outlines_equals_mixing_everything(
    how: str,
    image: tuple[int, int],
    canvas: tuple[int, int],
    grid: tuple[int, int],
    random_numbers: np.random.Generator,
) -> None:
    # Smooth scores, so that there are both areas of one class and outlines.
    coarse = random_numbers.random((4, 3, 3), np.float32)
    grown = coarse.repeat(-(-grid[0] // 3), 1).repeat(-(-grid[1] // 3), 2)
    planes = grown[:, : grid[0], : grid[1]] + 0.2 * random_numbers.random((4, *grid), np.float32)
    view = View.fit(image, canvas, how)
    found = decode(planes[None], view, data_format='NCHW', network_output_type='logits')
    expected, margins = by_hand(planes, view)
    clear = margins > 1e-5
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(found.labels[clear], expected[clear])
    assert found.size == image
    assert found.scores.min() >= 0


def test_bars_of_the_padding_do_not_bleed_into_the_mask() -> None:
    # The bars shout class 1; what shows the image says class 0 everywhere.
    view = View.fit((10, 40), (40, 40), 'letterbox')
    scores = np.zeros((1, 2, 40, 40), np.float32)
    top, _, bottom, _ = view.visible()
    scores[0, 1, :top] = scores[0, 1, bottom:] = 100
    scores[0, 0, top:bottom] = 1
    for mode in ('linear', 'point'):
        found = decode(scores, view, data_format='NCHW', filter_mode=mode)
        assert not found.labels.any()


def test_what_a_crop_did_not_show_has_the_class_outside_and_no_confidence() -> None:
    view = View.fit((4, 12), (4, 4), 'crop')
    scores = np.zeros((1, 2, 4, 4), np.float32)
    scores[0, 1] = 1
    found = decode(scores, view, data_format='NCHW', outside_class=9)
    assert found.labels.tolist() == [[9] * 4 + [1] * 4 + [9] * 4] * 4
    assert not found.scores[:, :4].any()


@pytest.mark.parametrize('dtype', [np.int32, np.int64, np.uint8])
def test_class_ids_grow_by_the_nearest_cell(dtype: type) -> None:
    view = View.fit((4, 6), (2, 3), 'stretch')
    found = decode(IDS.astype(dtype)[None, None], view)
    assert found.labels.tolist() == np.repeat(np.repeat(IDS, 2, 0), 2, 1).tolist()
