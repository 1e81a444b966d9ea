"""Which of overlapping boxes stay, worked out by hand and by a plain loop."""

from __future__ import annotations

from isaac_seg_py.decode.boxes import from_centres, overlaps, pixels_inside, to_image
from isaac_seg_py.decode.nms import suppress
from isaac_seg_py.geometry import View
import numpy as np
import pytest

# Of the first, the second overlaps by 8/12, the third by 4/16; the fourth lies apart.
BOXES = np.array([[0, 0, 10, 1], [2, 0, 12, 1], [6, 0, 16, 1], [30, 0, 40, 1]], np.float32)


def test_overlaps_are_intersections_over_unions() -> None:
    found = overlaps(BOXES[0], BOXES)
    np.testing.assert_allclose(found, [1, 8 / 12, 4 / 16, 0])
    nothing = np.array([[5, 5, 5, 9], [9, 9, 3, 3]], np.float32)
    assert overlaps(BOXES[0], nothing).tolist() == [0, 0]
    assert overlaps(nothing[0], nothing).tolist() == [0, 0]


def test_boxes_without_bounds_are_boxes() -> None:
    huge = np.array([[-3e38, -3e38, 3e38, 3e38], [0, 0, 3e38, 3e38]], np.float32)
    # Warnings are errors here.
    np.testing.assert_allclose(overlaps(huge[0], huge), [1, 0.25])
    assert overlaps(BOXES[0], huge).tolist() == pytest.approx([0, 0])
    assert pixels_inside(huge[0], (4, 7)) == (slice(0, 4), slice(0, 7))


@pytest.mark.parametrize(
    ('scores', 'classes', 'limit', 'most', 'kept'),
    [
        ([0.9, 0.8, 0.7, 0.6], None, 0.5, 9, [0, 2, 3]),
        ([0.9, 0.8, 0.7, 0.6], None, 0.2, 9, [0, 3]),
        ([0.9, 0.8, 0.7, 0.6], None, 8 / 12, 9, [0, 1, 2, 3]),
        # The second beats both neighbours; the order is that of the scores.
        ([0.7, 0.8, 0.6, 0.9], None, 0.4, 9, [3, 1]),
        # Equal scores: the first one stays.
        ([0.5, 0.5, 0.5, 0.5], None, 0.3, 9, [0, 2, 3]),
        ([0.9, 0.8, 0.7, 0.6], [0, 1, 0, 1], 0.2, 9, [0, 1, 3]),
        ([0.9, 0.8, 0.7, 0.6], None, 0.5, 2, [0, 2]),
    ],
)
def test_the_better_of_two_stays(
    scores: list[float], classes: list[int] | None, limit: float, most: int, kept: list[int]
) -> None:
    known = None if classes is None else np.array(classes)
    found = suppress(BOXES, np.array(scores, np.float32), known, limit, most)
    assert found.tolist() == kept


def test_nothing_comes_of_nothing() -> None:
    none = np.zeros((0, 4), np.float32)
    assert suppress(none, np.zeros(0, np.float32), None, 0.5, 9).tolist() == []


def test_many_boxes_as_a_plain_loop_chooses_them() -> None:
    random = np.random.default_rng(11)
    centres = np.concatenate([random.random((300, 2)) * 60, random.random((300, 2)) * 30], 1)
    boxes = from_centres(centres.astype(np.float32))
    # Few different scores, so that many are equal.
    scores = (random.integers(1, 20, 300) / 20).astype(np.float32)
    classes = random.integers(0, 3, 300)
    wanted: list[int] = []
    for index in sorted(range(300), key=lambda i: (-scores[i], i)):
        rivals = [k for k in wanted if classes[k] == classes[index]]
        if all(overlaps(boxes[k], boxes[index : index + 1])[0] <= 0.45 for k in rivals):
            wanted.append(index)
    assert suppress(boxes, scores, classes, 0.45, 1000).tolist() == wanted
    assert 200 < len(wanted) < 280


def test_boxes_go_to_the_image_and_end_at_its_edges() -> None:
    # 200x100 pixels on 64x64: a factor of 0.32, and 16 rows of padding above and below.
    view = View.fit((100, 200), (64, 64))
    boxes = from_centres(np.array([[32, 32, 32, 16], [0, 0, 20, 40]], np.float32))
    assert to_image(boxes, view).tolist() == [[50, 25, 150, 75], [0, 0, 31.25, 12.5]]


def test_a_pixel_lies_in_a_box_when_its_centre_does() -> None:
    box = np.array([1.5, 0.4, 4.5, 2.6], np.float32)
    # Columns 1 to 3 have centres 1.5 to 3.5; a centre on the right edge is outside.
    assert pixels_inside(box, (9, 9)) == (slice(0, 3), slice(1, 4))
    assert pixels_inside(box, (2, 3)) == (slice(0, 2), slice(1, 3))
