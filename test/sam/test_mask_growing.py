"""Of the masks of a prompt the right one is taken, and grows to the size of the image."""

from __future__ import annotations

from isaac_seg_py.decode.prompted import choose, MaskGrower
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.prompt_config import PromptConfig
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('scores', 'ambiguous', 'how', 'taken'),
    [
        ([0.9, 0.1, 0.5, 0.3], False, 'auto', [0]),
        ([0.9, 0.1, 0.5, 0.3], True, 'auto', [2]),
        ([0.9, 0.1, 0.5, 0.3], True, 'single', [0]),
        ([0.9, 0.1, 0.5, 0.3], False, 'best', [2]),
        ([0.9, 0.1, 0.5, 0.3], False, 'all', [1, 2, 3]),
        ([0.1, 0.5, 0.3], False, 'auto', [1]),
        ([0.1, 0.5, 0.3], False, 'all', [0, 1, 2]),
        ([0.4], True, 'best', [0]),
    ],
)
def test_the_mask_that_is_meant_is_taken(
    scores: list[float], ambiguous: bool, how: str, taken: list[int]
) -> None:
    assert choose(np.array(scores, np.float32), ambiguous, how) == taken


def plainly(scores: np.ndarray, view: View) -> np.ndarray:
    """Interpolate at every pixel of the image by itself."""
    rows, columns = view.image_centres_on(scores.shape)
    top, left, bottom, right = view.visible()
    mask = np.zeros(view.image, bool)
    limits = [
        (np.ceil(a * n / c - 0.5), np.floor(b * n / c - 0.5))
        for a, b, n, c in (
            (top, bottom, scores.shape[0], view.canvas[0]),
            (left, right, scores.shape[1], view.canvas[1]),
        )
    ]
    for y, row in enumerate(rows - 0.5):
        for x, column in enumerate(columns - 0.5):
            value = 0.0
            for r, down in ((np.floor(row), 1 - row % 1), (np.floor(row) + 1, row % 1)):
                for c, along in ((np.floor(column), 1 - column % 1),
                                 (np.floor(column) + 1, column % 1)):  # fmt: skip
                    at = (int(np.clip(r, *limits[0])), int(np.clip(c, *limits[1])))
                    value += scores[at] * down * along
            mask[y, x] = value > 0
    return mask


def grown(scores: np.ndarray, view: View) -> np.ndarray:
    """Grow one mask and paint it, and see that its box is around it."""
    patch = MaskGrower(PromptConfig())(scores, view)
    mask = np.zeros(view.image, np.bool_)
    patch.paint(mask)
    assert patch.is_empty != mask.any()
    if mask.any():
        rows, columns = np.nonzero(mask)
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert patch.box == edges
    return mask


@pytest.mark.parametrize('size', [(33, 60), (60, 33), (8, 8), (64, 64), (21, 47)])
def test_masks_grow_as_a_plain_loop_says(
    size: tuple[int, int], random_numbers: np.random.Generator
) -> None:
    view = View.fit(size, (64, 64), 'letterbox_top_left')
    for spread in (1.0, 3.0):
        scores = random_numbers.normal(-1, spread, (16, 16)).astype(np.float32)
        mask = grown(scores, view)
        assert mask.any()
        np.testing.assert_array_equal(mask, plainly(scores, view))


@pytest.mark.parametrize('size', [(632, 1200), (376, 672), (480, 848)])
def test_the_edge_of_a_mask_is_where_it_should_be(size: tuple[int, int]) -> None:
    # A slope whose zero lies at x = 300.25 of the image, where NVIDIA's sizes drift by a pixel.
    view = View.fit(size, (1024, 1024), 'letterbox_top_left')
    edge = 300.25
    cells = (np.arange(256) + 0.5) * 4 / view.scale[1]
    scores = np.tile((edge - cells).astype(np.float32), (256, 1))
    found = grown(scores, view).sum(1)
    assert np.abs(found - edge).max() <= 0.5


@pytest.mark.parametrize('threshold', [0.1, 2.3, -0.7])
def test_between_cells_at_the_threshold_the_same_pixels_are_inside_as_of_the_whole(
    threshold: float,
) -> None:
    # Sums of the very threshold are rounded to both sides of it.
    view = View.fit((33, 60), (64, 64), 'letterbox_top_left')
    scores = np.full((16, 16), threshold, np.float32)
    grow = MaskGrower(PromptConfig(mask_threshold=threshold))
    alone, beside = np.zeros(view.image, np.bool_), np.zeros(view.image, np.bool_)
    grow(scores, view).paint(alone)
    # With cells above the threshold in far corners the whole image is looked at.
    scores[0, 0] = scores[8, 15] = threshold + 1
    grow(scores, view).paint(beside)
    middle = np.s_[8:25, 8:52]
    assert alone[middle].any()
    np.testing.assert_array_equal(alone[middle], beside[middle])


def test_an_empty_mask_stays_empty_and_a_broken_one_is_told() -> None:
    view = View.fit((10, 10), (16, 16), 'letterbox_top_left')
    assert not grown(np.full((4, 4), -3, np.float32), view).any()
    with pytest.raises(TensorError, match='NaN'):
        grown(np.full((4, 4), np.nan, np.float32), view)


def test_stability_is_the_share_that_stays() -> None:
    scores = np.array([[2, 0.5], [-0.5, -2]], np.float32)
    view = View.identity((2, 2))
    assert MaskGrower(PromptConfig()).stability(scores, view) == pytest.approx(1 / 3)
    assert MaskGrower(PromptConfig()).stability(scores - 5, view) == 0
