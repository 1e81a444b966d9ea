"""Legends name the colours of the mask beside them, and marks are drawn for who looks."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.masks import LabelImage
from isaac_seg_py.object_marks import mark_objects
from isaac_seg_py.palette import Palette
from isaac_seg_py.panoptic import PanopticImage, Segment
from isaac_seg_py.ros import found_masks
from isaac_seg_py.ros.found_masks import color_mask, legend_picture, Look, Marks
import numpy as np
import pytest

pytestmark = pytest.mark.ros
COLORS = Palette((0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF, 0xFF00FF))
ID_OF = np.repeat(np.repeat([[1, 2], [0, 3]], 60, 0), 80, 1).astype(np.uint16)


def objects(ids: tuple[str, ...] = ('a', 'b', 'c')) -> InstanceMasks:
    """Return three objects beside each other, all of class 4."""
    masks = np.array([1, 2, 3]).reshape(-1, 1, 1) == ID_OF
    scores, numbers = np.full(3, 0.5, np.float32), np.full(3, 4)
    names = ('', '', '', '', 'cup')
    return InstanceMasks.of(masks, scores, numbers, ids=ids, class_names=names, palette=COLORS)


def colors_of(image: Any) -> set[tuple[int, ...]]:
    """Return the colours of a picture that are no black, white or grey."""
    found = {tuple(one) for one in image.data.reshape(-1, 3).tolist()}
    return {one for one in found if len(set(one)) > 1}


@pytest.mark.parametrize('by', ['object', 'class'])
def test_the_legend_has_the_colours_of_the_mask(by: str) -> None:
    look = Look(color_by=by)
    legend = legend_picture(objects(), look)
    assert legend is not None
    assert colors_of(legend) == colors_of(color_mask(objects(), look))
    assert legend.size[0] == 28 * (3 if by == 'object' else 1)


def test_the_legend_of_segments_has_their_classes_however_objects_are_coloured() -> None:
    segments = Segment(1, 2, 0.9), Segment(2, 2, 0.8), Segment(3, 3, 0.7)
    found = PanopticImage(ID_OF, segments, palette=COLORS)
    for by in ('object', 'class'):
        look = Look(color_by=by)
        legend = legend_picture(found, look)
        assert legend is not None
        assert colors_of(legend) == {(0, 255, 0), (0, 0, 255)}
        assert colors_of(color_mask(found, look)) == colors_of(legend)


def test_the_legend_tells_objects_apart_by_their_ids() -> None:
    look = Look(color_by='object')
    one, other = (legend_picture(objects(ids), look) for ids in (('a', 'b', 'c'), ('a', 'b', 'd')))
    assert one is not None and other is not None
    assert not np.array_equal(one.data[56:], other.data[56:])
    np.testing.assert_array_equal(one.data[:56], other.data[:56])


def test_marks_are_drawn_when_they_are_read_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counted(*given: Any) -> None:
        nonlocal count
        count += 1
        mark_objects(*given)

    monkeypatch.setattr(found_masks, 'mark_objects', counted)
    marks = Marks(objects(), Look(color_by='object'))
    assert (marks.encoding, marks.size, count) == ('rgba8', (120, 160), 0)
    expected = np.zeros((120, 160, 4), np.uint8)
    mark_objects(expected, objects())
    for _ in range(2):
        np.testing.assert_array_equal(marks.data, expected)
    assert count == 1


def test_classes_have_no_marks() -> None:
    assert not Marks(LabelImage(ID_OF), Look()).data.any()
