"""Measures of hand-made matrices, and the picture of one."""

from __future__ import annotations

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.confusion import Confusion
from isaac_seg_py.evaluation.plot import plot_confusion
import numpy as np
import pytest


def confusion(rows: list[list[int]], names: str = 'abc') -> Confusion:
    """Return one with these counts."""
    made = Confusion(list(names))
    made.counts[:] = rows
    return made


def test_pixels_are_counted_by_truth_and_finding() -> None:
    made = Confusion(['a', 'b'])
    truth = np.array([[0, 0, 1], [1, 255, 255]], np.uint8)
    found = np.array([[0, 1, 1], [200, 0, 65535]], np.uint16)
    made.add(truth, found)
    assert made.counts.tolist() == [[1, 1, 0], [0, 1, 1]]
    made.add(truth, found)
    assert made.counts.tolist() == [[2, 2, 0], [0, 2, 2]]


def test_measures_are_those_counted_by_hand() -> None:
    made = confusion([[6, 2, 0, 0], [1, 3, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(made.iou, [6 / 9, 3 / 6, np.nan])
    np.testing.assert_allclose(made.accuracy, [6 / 8, 3 / 4, np.nan])
    np.testing.assert_allclose(made.precision, [6 / 7, 3 / 5, np.nan])
    assert made.mean_iou == pytest.approx((6 / 9 + 3 / 6) / 2)
    assert made.mean_accuracy == pytest.approx(0.75)
    assert made.pixel_accuracy == pytest.approx(9 / 12)
    assert made.weighted_iou == pytest.approx(8 / 12 * 6 / 9 + 4 / 12 * 3 / 6)


def test_a_class_that_is_found_but_not_there_counts_as_nothing_right() -> None:
    made = confusion([[6, 0, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(made.iou, [6 / 8, np.nan, 0])
    assert made.mean_iou == pytest.approx(3 / 8)


def test_what_is_no_class_of_the_data_is_wrong() -> None:
    made = confusion([[6, 0, 0, 2], [0, 4, 0, 0], [0, 0, 0, 0]])
    assert made.iou[0] == pytest.approx(6 / 8)
    assert made.pixel_accuracy == pytest.approx(10 / 12)


def test_no_pixels_are_no_numbers_and_no_warning() -> None:
    made = Confusion(['a', ''])
    plain = made.to_json()
    assert plain['mean_iou'] is None
    assert plain['pixel_accuracy'] is None
    assert plain['frequency_weighted_iou'] is None
    assert [one['name'] for one in plain['classes']] == ['a', 'class 1']
    assert plot_confusion(made).ndim == 3


def test_another_label_may_be_ignored() -> None:
    made = Confusion(['nothing', 'a'], ignore=0)
    made.add(np.array([[0, 1, 1]]), np.array([[1, 1, 0]]))
    assert made.counts.tolist() == [[0, 0, 0], [1, 1, 0]]


def test_what_does_not_fit_is_named() -> None:
    made = Confusion(['a', 'b'])
    with pytest.raises(ConfigError, match=r'x\.png has the label 2, but there are 2 classes'):
        made.add(np.array([[2]]), np.array([[0]]), 'x.png')
    with pytest.raises(ConfigError, match='must be of one size'):
        made.add(np.array([[0]]), np.array([[0, 0]]))
    with pytest.raises(ConfigError, match='257 classes came; 1 to 256'):
        Confusion([], classes=257)


def is_dark(picture: np.ndarray) -> bool:
    return bool((picture < 100).any())


def test_the_plot_has_each_cell_and_each_name_in_its_place() -> None:
    made = confusion([[10, 0, 0, 0], [0, 0, 10, 0], [0, 0, 0, 0]], ['long name', '.', '.'])
    picture = plot_confusion(made)
    assert picture.dtype == np.uint8
    height, width = picture.shape[:2]
    # 52 pixels for a cell and 10 below and right of them.
    top, left = height - 10 - 3 * 52, width - 10 - 3 * 52
    for row in range(3):
        for column in range(3):
            corner = picture[top + row * 52 + 3, left + column * 52 + 3].tolist()
            dark = (row, column) in ((0, 0), (1, 2))
            assert corner == ([8, 48, 107] if dark else [255, 255, 255])
    above = picture[top - 70 : top - 25]
    assert is_dark(above[:, left : left + 52]), 'the long name is over the first column'
    assert not is_dark(above[:, left + 52 : left + 156])
    assert is_dark(picture[top : top + 52, left - 60 : left - 30]), 'and left of the first row'
    assert not is_dark(picture[top + 52 : top + 156, left - 60 : left - 30])


def test_the_column_of_what_was_not_found_is_drawn_where_it_has_pixels() -> None:
    without = plot_confusion(confusion([[1, 0, 0, 0]] * 3))
    assert plot_confusion(confusion([[1, 0, 0, 1]] * 3)).shape[1] == without.shape[1] + 52


@pytest.mark.parametrize('classes', [1, 150, 254])
def test_any_number_of_classes_is_a_picture_of_some_size(classes: int) -> None:
    made = Confusion([f'class number {number}' for number in range(classes)])
    made.counts[:, :-1] = np.eye(classes)
    assert max(plot_confusion(made).shape) < 2000
