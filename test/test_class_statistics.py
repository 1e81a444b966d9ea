"""How much of an image is of each class, of labels, objects and segments."""

from __future__ import annotations

from isaac_seg_py.class_statistics import class_statistics, ClassStatistics
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.masks import LabelImage
from isaac_seg_py.panoptic import PanopticImage, Segment
import numpy as np
import pytest

NAMES = ('ground', 'cup')


def test_labels_are_counted_with_their_mean_score() -> None:
    labels = np.array([[0, 0, 3], [0, 3, 1]], np.uint8)
    scores = np.array([[0.5, 0.5, 0.25], [1.0, 0.75, 0.125]], np.float32)
    assert class_statistics(LabelImage(labels, scores, NAMES)) == [
        ClassStatistics(0, 'ground', 3, 0.5, pytest.approx(2 / 3), 0),
        ClassStatistics(1, 'cup', 1, pytest.approx(1 / 6), 0.125, 0),
        ClassStatistics(3, 'class 3', 2, pytest.approx(1 / 3), 0.5, 0),
    ]
    assert all(np.isnan(one.mean_score) for one in class_statistics(LabelImage(labels)))


def test_of_objects_that_overlap_a_pixel_counts_for_the_better_one() -> None:
    masks = np.zeros((3, 2, 4), np.bool_)
    masks[0, :, :2] = masks[1, :, 1:3] = True
    masks[2, 0, 0] = True
    objects = InstanceMasks.of(
        masks,
        np.array([0.5, 1.0, 0.25], np.float32),
        np.array([1, 1, 5]),
        class_names=NAMES,
    )
    found = class_statistics(objects)
    assert found[0] == ClassStatistics(1, 'cup', 6, 0.75, pytest.approx((4 + 2 * 0.5) / 6), 2)
    # It lies under the better one of class 1.
    assert (found[1].class_id, found[1].pixels, found[1].objects) == (5, 0, 1)
    assert np.isnan(found[1].mean_score)
    assert class_statistics(InstanceMasks.empty((2, 4))) == []


def test_segments_are_counted_under_their_ids() -> None:
    ids = np.array([[0, 7, 7], [2, 2, 2]], np.uint16)
    segments = (Segment(2, 0, 0.5), Segment(7, 1, 0.25), Segment(3, 1, 1.0))
    assert class_statistics(PanopticImage(ids, segments, NAMES)) == [
        ClassStatistics(0, 'ground', 3, 0.5, 0.5, 1),
        ClassStatistics(1, 'cup', 2, pytest.approx(1 / 3), 0.25, 2),
    ]
