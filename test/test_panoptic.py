"""A panoptic image knows the class and the object of each pixel."""

from __future__ import annotations

import json
from typing import Any

from isaac_seg_py import PanopticImage, rle
from isaac_seg_py.errors import TensorError
from isaac_seg_py.palette import Palette
from isaac_seg_py.panoptic import Segment
import numpy as np
import pytest

IDS = np.array([[0, 1, 1, 1], [2, 2, 1, 3]], np.uint16)
SEGMENTS = (Segment(1, 4, 0.5), Segment(2, 0, 0.75, fused=True), Segment(3, 4, 1.0))
NAMES = ('sky', 'road', 'tree', 'wall', 'cup')
PALETTE = Palette((0x0000FF, 0x101010, 0x202020, 0x303030, 0xFF0000))


def a_table(**changed: Any) -> PanopticImage:
    return PanopticImage(
        **{'ids': IDS, 'segments': SEGMENTS, 'class_names': NAMES, 'palette': PALETTE, **changed}
    )


def test_pixels_have_the_class_of_their_segment() -> None:
    table = a_table()
    assert table.labels.tolist() == [[255, 4, 4, 4], [0, 0, 4, 4]]
    assert table.labels.dtype == np.uint8
    assert table.classes == {0: 'sky', 4: 'cup'}
    assert table.scores.tolist() == [0.5, 0.75, 1.0]
    assert table.label_image().to_json()['classes'][0]['name'] == 'sky'


def test_class_255_needs_a_larger_type_for_what_is_nothing() -> None:
    table = a_table(segments=(*SEGMENTS[:2], Segment(3, 255, 1.0)))
    assert table.labels.tolist() == [[65535, 4, 4, 4], [0, 0, 4, 255]]
    assert table.labels.dtype == np.uint16


def test_segments_are_objects_with_the_best_first() -> None:
    found = a_table().instances()
    assert found.ids == (3, 2, 1)
    assert found.class_ids.tolist() == [4, 0, 4]
    for mask, number in zip(found.masks, found.ids, strict=True):
        np.testing.assert_array_equal(mask, number == IDS)
    assert found.boxes.tolist() == [[3, 1, 4, 2], [0, 1, 2, 2], [1, 0, 4, 2]]


def test_colours_leave_out_what_is_nothing() -> None:
    assert a_table().color().tolist() == [
        [[0, 0, 0], [255, 0, 0], [255, 0, 0], [255, 0, 0]],
        [[0, 0, 255], [0, 0, 255], [255, 0, 0], [255, 0, 0]],
    ]
    over = a_table().overlay(np.full((2, 4, 3), 100, np.uint8))
    assert over[0, :2].tolist() == [[100, 100, 100], [178, 50, 50]]


def test_segments_are_described_in_plain_types() -> None:
    found = json.loads(json.dumps(a_table().to_json()))
    assert found['size'] == [2, 4]
    cup, sky, _ = found['segments']
    assert (cup['id'], cup['name'], cup['score'], cup['area'], cup['fused']) == (
        3, 'cup', 1.0, 1, False,
    )  # fmt: skip
    assert (sky['name'], sky['fused']) == ('sky', True)
    np.testing.assert_array_equal(rle.decode(sky['rle']), IDS == 2)


@pytest.mark.parametrize(
    ('changed', 'said'),
    [
        ({'ids': IDS.astype(int)}, 'ids are int64'),
        ({'ids': IDS[0]}, r'shape \(4,\)'),
        ({'segments': SEGMENTS[:2]}, r'pixels have ids \[3\]'),
        ({'segments': (*SEGMENTS, SEGMENTS[0])}, 'different ones'),
        ({'segments': (*SEGMENTS, Segment(0, 1, 0.5))}, 'different ones'),
    ],
)
def test_what_does_not_belong_together_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(TensorError, match=said):
        a_table(**changed)
