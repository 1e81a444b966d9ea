"""Outlines, boxes and names over objects."""

from __future__ import annotations

from isaac_seg_py.errors import ImageError
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.object_marks import mark_objects
from isaac_seg_py.palette import Palette
from isaac_seg_py.panoptic import PanopticImage, Segment
import numpy as np
import pytest

RED, GREEN = [255, 0, 0], [0, 255, 0]
COLORS = Palette((0x0000FF, 0xFF0000, 0x00FF00))


def ring() -> np.ndarray:
    """Return a mask, (100, 200), of a square with a hole."""
    mask = np.zeros((100, 200), np.bool_)
    mask[40:80, 60:100] = True
    mask[55:65, 75:85] = False
    return mask


def objects(*masks: np.ndarray, **more: object) -> InstanceMasks:
    """Return masks as objects of class 2, each a little surer than the next."""
    scores = np.array([0.9 - 0.1 * n for n in range(len(masks))], np.float32)
    classes = np.full(len(masks), 2)
    return InstanceMasks.of(np.array(masks), scores, classes, palette=COLORS, **more)


def test_the_outline_runs_around_holes_and_inside_stays() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    mark_objects(picture, objects(ring()), 'class')
    bright = (picture == [127, 255, 127]).all(-1)
    assert bright[60, 60] and bright[60, 99] and bright[79, 80] and bright[40, 80]
    assert bright[60, 74] and bright[60, 85]
    assert not picture[50, 65:72].any()
    assert not picture[85:].any(), 'nothing is drawn beyond the box'


def test_the_box_goes_around_what_is_not_square() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[50, 60:101] = mask[50:81, 80] = True
    picture = np.zeros((100, 200, 3), np.uint8)
    mark_objects(picture, objects(mask))
    # The first object has the second colour, as `color()` gives it.
    assert picture[80, 60].tolist() == picture[80, 100].tolist() == RED
    mark_objects(picture, objects(mask), 'class')
    assert picture[80, 60].tolist() == picture[80, 100].tolist() == GREEN


def test_the_best_object_is_named_above_the_others() -> None:
    masks = np.zeros((2, 100, 200), np.bool_)
    masks[0, 50:90, 50:120] = masks[1, 54:90, 56:120] = True
    picture, alone = np.zeros((100, 200, 3), np.uint8), np.zeros((100, 200, 3), np.uint8)
    mark_objects(picture, objects(*masks))
    mark_objects(alone, objects(masks[0]))
    name = np.s_[36:50, 50:90]
    assert alone[name].any(-1).all()
    np.testing.assert_array_equal(picture[name], alone[name])


def test_marks_alone_are_opaque_and_all_else_is_transparent() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    alone = np.zeros((100, 200, 4), np.uint8)
    mark_objects(picture, objects(ring()))
    mark_objects(alone, objects(ring()))
    np.testing.assert_array_equal(alone[..., :3], picture)
    assert set(np.unique(alone[..., 3])) == {0, 255}
    assert alone[picture.any(-1), 3].min() == 255
    # Of the strip with the name the letters, too.
    assert alone[30:40, 60:90, 3].min() == 255


def test_objects_may_have_names_of_their_own() -> None:
    own, by_class = np.zeros((2, 100, 200, 3), np.uint8)
    mark_objects(own, objects(ring(), class_names=('', '', 'cup')), names=['cup'])
    mark_objects(by_class, objects(ring(), class_names=('', '', 'cup')))
    np.testing.assert_array_equal(own, by_class)
    mark_objects(own, objects(ring()), names=['cup_1'])
    assert (own != by_class).any()


def test_a_title_is_the_id_and_the_class_unless_the_id_has_it() -> None:
    ids = ('7', 'cup_1', 'object_2')
    masks = np.ones((3, 4, 4), np.bool_)
    scores, numbers = np.ones(3, np.float32), np.array([1, 1, 0])
    found = InstanceMasks.of(masks, scores, numbers, ids=ids, class_names=('', 'cup'))
    assert found.titles == ['7 cup', 'cup_1', 'object_2']
    assert InstanceMasks.of(masks, scores, numbers).titles == ['1', '2', '3']


def test_names_at_the_edge_do_not_hide_each_other() -> None:
    masks = np.zeros((4, 200, 240), np.bool_)
    # Nearer to each other than a name is high; the last one begins where the first does.
    for mask, top in zip(masks, (60, 66, 72, 60), strict=True):
        mask[top : top + 50, 225:] = True
    colors = Palette((0, 0x2020FF, 0x20FF20, 0xFF2020, 0xFFFF20))
    names = ('cup', 'card', 'ring', 'ball')
    found = InstanceMasks.of(
        masks, np.ones(4, np.float32), np.arange(4), class_names=names, palette=colors
    )
    picture = np.zeros((200, 240, 3), np.uint8)
    mark_objects(picture, found)
    for index, name in enumerate(names):
        beside = (picture == colors.rgb(index + 1)).all(-1)[:, :225]
        # Of a strip that is hidden nothing is left, or a line.
        assert (beside.sum(1) > 8).sum() >= 8, name


def test_names_stay_inside_the_picture() -> None:
    masks = np.zeros((2, 60, 90), np.bool_)
    masks[0, :3, :3] = masks[1, 50:, 85:] = True
    picture = np.zeros((60, 90, 3), np.uint8)
    mark_objects(picture, objects(*masks, class_names=('', '', 'a name too long to be shown')))
    # Below what lies at the upper edge, above what lies at the lower one.
    assert picture[2:12, 5:60].any(-1).mean() > 0.9
    assert picture[38:48, 5:60].any(-1).mean() > 0.9
    assert not picture[20:34].any()


def test_what_is_no_object_is_named_in_its_middle_without_a_box() -> None:
    ids = np.ones((100, 200), np.uint16)
    ids[60:] = ids[:30, :100] = 2
    found = PanopticImage(
        ids, (Segment(1, 1, 1.0, fused=True), Segment(2, 2, 1.0)), ('', 'sky', 'car'), COLORS
    )
    picture = np.zeros((100, 200, 3), np.uint8)
    mark_objects(picture, found)
    red = (picture == RED).all(-1)
    rows, columns = np.nonzero(red)
    assert rows.size > 100
    assert 10 < rows.min() < rows.max() < 50
    assert 10 < columns.min() < columns.max() < 190


def test_nothing_is_drawn_of_nothing() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    mark_objects(picture, InstanceMasks.empty((20, 30)))
    mark_objects(picture, objects(np.zeros((20, 30), np.bool_)))
    ids = np.ones((20, 30), np.uint16)
    segments = (Segment(1, 0, 1.0, fused=True), Segment(2, 1, 1.0, fused=True))
    whole = PanopticImage(ids, segments, palette=COLORS)
    mark_objects(picture, whole)
    assert not (picture == RED).all(-1).any(), 'the second segment has no pixel'


@pytest.mark.parametrize('wrong', [np.zeros((9, 9, 3), np.uint8), np.zeros((20, 30, 3))])
def test_a_picture_that_does_not_fit_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r'uint8 \(20, 30, 3\), the size of the masks'):
        mark_objects(wrong, InstanceMasks.empty((20, 30)))
