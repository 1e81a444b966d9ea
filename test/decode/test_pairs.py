"""The pixels between two classes: settled by these two alone, and never wrongly."""

from __future__ import annotations

import cv2
from isaac_seg_py.decode import mixing
from isaac_seg_py.decode import seams as seams_module
from isaac_seg_py.decode.mixing import mix_winners
from isaac_seg_py.decode.pairs import settle_pairs
from isaac_seg_py.decode.resample import Resampler
from isaac_seg_py.decode.rivals import Rivals
from isaac_seg_py.decode.seams import bands, Seams
from isaac_seg_py.decode.winner import find_winners
from isaac_seg_py.geometry import View
import numpy as np
import pytest


def regions(random: np.random.Generator, classes: int, grid: tuple[int, int]) -> np.ndarray:
    """Return scores whose winners make regions, as those of a network do."""
    coarse = random.standard_normal((classes, 6, 6)).astype(np.float32)
    size = grid[::-1]
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_CUBIC) for one in coarse])


def left_over(planes: np.ndarray, resampler: Resampler) -> tuple[int, int]:
    """Return how many squares are at seams, and how many of them have a third class."""
    winners = find_winners(planes)
    labels = resampler.first(winners.labels)
    seams = Seams.between(winners.labels, resampler, slice(0, len(labels)))
    cells = planes.reshape(len(planes), -1)[:, seams.cells]
    rivals = settle_pairs(cells, seams, labels)
    return len(seams), 0 if rivals is None else rivals.squares.size


def mix_all(planes: np.ndarray, seams: Seams, labels: np.ndarray) -> Rivals:
    """Settle nothing: every class may win in every square."""
    squares = np.arange(len(seams))
    classes = np.broadcast_to(np.arange(len(planes))[:, None], (len(planes), len(squares)))
    return Rivals(squares, classes)


@pytest.mark.parametrize('classes', [2, 19, 300])
@pytest.mark.parametrize(
    ('image', 'grid'), [((144, 256), (64, 64)), ((50, 70), (40, 90)), ((240, 310), (32, 40))]
)
def test_the_classes_are_those_of_mixing_everything(
    classes: int,
    image: tuple[int, int],
    grid: tuple[int, int],
    random_numbers: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planes = regions(random_numbers, classes, grid)
    resampler = Resampler.of(View.fit(image, grid, 'stretch'), grid)
    winners = find_winners(planes)
    found, _ = mix_winners(winners, None, resampler)
    monkeypatch.setattr(mixing, 'settle_pairs', mix_all)
    expected, _ = mix_winners(winners, None, resampler)
    np.testing.assert_array_equal(found, expected)


def test_few_squares_of_regions_need_more_than_two_classes(
    random_numbers: np.random.Generator,
) -> None:
    grid = (128, 128)
    resampler = Resampler.of(View.fit((180, 320), grid, 'stretch'), grid)
    seams, left = left_over(regions(random_numbers, 19, grid), resampler)
    assert 0 < left < seams / 6
    assert left_over(regions(random_numbers, 2, grid), resampler)[1] == 0


def test_a_third_class_that_wins_only_between_the_cells_is_found() -> None:
    # Halfway, the first two have 2 each and the third, second everywhere, has 3.
    planes = np.array([[[4, 0]], [[0, 4]], [[3, 3]]], np.float32)
    resampler = Resampler.of(View.fit((4, 16), (1, 2), 'stretch'), (1, 2))
    labels, _ = mix_winners(find_winners(planes), None, resampler)
    assert labels.tolist() == [[0] * 6 + [2] * 4 + [1] * 6] * 4


def test_only_the_classes_that_may_win_are_mixed(random_numbers: np.random.Generator) -> None:
    grid = (40, 40)
    planes = regions(random_numbers, 19, grid)
    resampler = Resampler.of(View.fit((97, 131), grid, 'stretch'), grid)
    winners = find_winners(planes)
    seams = Seams.between(winners.labels, resampler, slice(0, 40))
    cells = planes.reshape(19, -1)[:, seams.cells]
    rivals = settle_pairs(cells, seams, resampler.first(winners.labels))
    assert rivals is not None
    assert rivals.squares.size > 0
    assert 3 <= len(rivals.classes) < 12
    for square, classes in zip(rivals.squares, rivals.classes.T, strict=True):
        corners = cells[:, seams.corners[:, square]]
        assert set(corners.argmax(0)) <= set(classes)
        mixed = np.einsum('ck,ks->cs', corners, random_numbers.dirichlet(np.ones(4), 50).T)
        assert set(mixed.argmax(0)) <= set(classes)


def test_bands_cover_every_row_once() -> None:
    for shape in ((2, 7, 5), (19, 512, 512), (150, 512, 512), (300, 3, 20_000)):
        rows = [row for band in bands(shape) for row in range(shape[1])[band]]
        assert rows == list(range(shape[1]))
    assert len(bands((19, 512, 512))) == 1
    assert len(bands((150, 512, 512))) == 4


def test_bands_change_nothing(
    random_numbers: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = (33, 20)
    resampler = Resampler.of(View.fit((80, 70), grid, 'stretch'), grid)
    winners = find_winners(regions(random_numbers, 5, grid))
    expected, _ = mix_winners(winners, None, resampler)
    monkeypatch.setattr(seams_module, '_BAND', 5 * 33 * 20 // 4)
    found, _ = mix_winners(winners, None, resampler)
    np.testing.assert_array_equal(found, expected)
