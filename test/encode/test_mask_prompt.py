"""A drawn mask becomes scores on the grid of the network's own masks."""

from __future__ import annotations

from isaac_seg_py.encode.mask_prompt import scores_of_mask
from isaac_seg_py.errors import PromptError
from isaac_seg_py.geometry import FITS, View
import numpy as np
import pytest


def plainly(mask: np.ndarray, view: View, grid: tuple[int, int], fine: int = 8) -> np.ndarray:
    """Look at many places of each cell."""
    scores = np.zeros(grid)
    steps = (np.arange(fine) + 0.5) / fine
    for row in range(grid[0]):
        for column in range(grid[1]):
            y = (row + steps) * view.canvas[0] / grid[0]
            x = (column + steps) * view.canvas[1] / grid[1]
            places = view.points_to_image(np.stack(np.meshgrid(x, y), -1)).reshape(-1, 2)
            seen = [
                0 <= b < view.image[0] and 0 <= a < view.image[1] and mask[int(b), int(a)] > 0
                for a, b in places
            ]
            scores[row, column] = 20 * np.mean(seen) - 10
    return scores


@pytest.mark.parametrize('fit', FITS)
@pytest.mark.parametrize('size', [(48, 64), (33, 60), (90, 20)])
def test_each_cell_has_the_share_that_the_mask_covers(
    size: tuple[int, int], fit: str, random_numbers: np.random.Generator
) -> None:
    view = View.fit(size, (64, 64), fit)
    # Patches, so that the many places of a cell see the same as its area.
    mask = np.zeros(size, np.uint8)
    for _ in range(3):
        top, left = (int(random_numbers.integers(0, side - 5)) for side in size)
        mask[top : top + size[0] // 3, left : left + size[1] // 3] = 255
    scores = scores_of_mask(mask, view, (16, 16))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, plainly(mask, view, (16, 16)), atol=20 / 8)
    assert abs((scores - plainly(mask, view, (16, 16), 16)).mean()) < 0.1


def test_a_mask_of_another_size_is_refused() -> None:
    view = View.fit((48, 64), (64, 64), 'letterbox_top_left')
    with pytest.raises(PromptError, match='a mask of 48x64 came for an image of 64x48'):
        scores_of_mask(np.zeros((64, 48), np.uint8), view, (16, 16))
