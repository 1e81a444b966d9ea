"""Masks over depth: where labels stand, and the points of a cloud."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.errors import ConfigError, ImageError
from isaac_seg_py.images import RawImage
from isaac_seg_py.spatial import LabelledDepth, metres, Pinhole
from isaac_seg_py.spatial_config import SpatialConfig
import numpy as np
import pytest

CAMERA = Pinhole(100.0, 50.0, 4.0, 2.0)


def scene(labels: np.ndarray, depth: np.ndarray, **more: Any) -> LabelledDepth:
    """Bring labels and metres together, every pixel counting unless said otherwise."""
    told = {'step': 1, 'min_points': 1, 'trim': 0.0, **more}
    return LabelledDepth(labels, depth.astype(np.float32), CAMERA, SpatialConfig(**told))


def test_depth_is_in_metres_and_nothing_where_it_was_not_seen() -> None:
    millimetres = np.array([[0, 1500], [65535, 1]], np.uint16)
    found = metres(RawImage.from_array(millimetres, '16UC1'))
    np.testing.assert_allclose(found, [[np.nan, 1.5], [65.535, 0.001]], rtol=1e-6)
    tenths = metres(RawImage.from_array(millimetres.astype('>u2'), 'mono16'), 0.0001)
    np.testing.assert_allclose(tenths, found / 10, rtol=1e-6)
    floats = np.array([[0, np.nan, np.inf, -1, 2.5]], np.float32)
    found = metres(RawImage.from_array(floats, '32FC1'))
    np.testing.assert_array_equal(found, [[np.nan, np.nan, np.nan, np.nan, 2.5]])
    assert floats[0, 3] == -1


def test_an_image_that_is_no_depth_is_refused() -> None:
    with pytest.raises(ImageError, match='rgb8; 16UC1 in millimetres or 32FC1 in metres'):
        metres(RawImage.from_array(np.zeros((2, 2, 3), np.uint8), 'rgb8'))


def test_a_pixel_is_where_the_camera_saw_it() -> None:
    labels = np.zeros((5, 9), np.uint8)
    labels[4, 8] = 3
    found = scene(labels, np.full((5, 9), 2.0)).locate()
    assert [(one.label, one.points) for one in found] == [(3, 1)]
    # (8 - 4) / 100 * 2 and (4 - 2) / 50 * 2.
    for point in (found[0].centroid, found[0].low, found[0].high):
        assert point == pytest.approx((0.08, 0.08, 2.0))


def test_centroids_and_extents_are_those_of_each_label() -> None:
    labels = np.zeros((6, 9), np.uint16)
    labels[:3, :5], labels[3:, 4:] = 300, 7
    depth = np.full((6, 9), 1.0)
    depth[3:] = 4.0
    first, second = scene(labels, depth).locate()
    assert (first.label, second.label) == (7, 300)
    assert first.centroid == pytest.approx((0.08, 0.16, 4.0))
    assert first.low == pytest.approx((0.0, 0.08, 4.0))
    assert first.high == pytest.approx((0.16, 0.24, 4.0))
    assert second.centroid == pytest.approx((-0.02, -0.02, 1.0))


def test_a_mask_that_sticks_out_over_the_wall_behind_is_seen_as_what_it_is() -> None:
    labels = np.full((20, 20), 1, np.uint8)
    depth = np.full((20, 20), 2.0)
    depth[:, 15:] = 9.0
    depth[0, 0], depth[1, 1] = np.nan, 0.0
    robust = scene(labels, np.where(depth > 0, depth, np.nan)).locate()[0]
    assert robust.points == 298
    assert robust.centroid[2] == pytest.approx(2.0)
    assert robust.high == pytest.approx((0.2, 0.68, 2.0))
    plain = scene(labels, np.where(depth > 0, depth, np.nan), outlier_distance=0.0).locate()[0]
    assert plain.points == 398
    assert plain.high[2] == pytest.approx(9.0)
    trimmed = scene(labels, np.where(depth > 0, depth, np.nan), outlier_distance=0.0, trim=0.3)
    assert trimmed.locate()[0].high[2] == pytest.approx(2.0)


def test_the_sum_agrees_with_a_plain_loop(random_numbers: np.random.Generator) -> None:
    labels = random_numbers.integers(0, 5, (40, 60)).astype(np.uint8)
    depth = random_numbers.uniform(0.5, 6.0, (40, 60)).astype(np.float32)
    depth[random_numbers.random((40, 60)) < 0.2] = np.nan
    config = {'step': 3, 'outlier_distance': 1.0, 'trim': 0.1, 'max_depth': 5.0}
    found = scene(labels, depth, **config).locate()
    assert [one.label for one in found] == [1, 2, 3, 4]
    for one in found:
        points = [
            ((u - 4) / 100 * depth[v, u], (v - 2) / 50 * depth[v, u], depth[v, u])
            for v in range(0, 40, 3)
            for u in range(0, 60, 3)
            if labels[v, u] == one.label and depth[v, u] <= 5
        ]
        away = np.array(points)[:, 2]
        off = np.abs(away - np.median(away))
        kept = off <= 1.4826 * np.median(off) + 0.01 * np.median(away)
        expected = np.array(points)[kept]
        assert one.points == len(expected)
        np.testing.assert_allclose(one.centroid, np.median(expected, 0), rtol=1e-5)
        np.testing.assert_allclose(one.low, np.quantile(expected, 0.1, 0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_background_void_and_what_is_small_or_far_is_left_out(dtype: Any) -> None:
    labels = np.array([[0, 1, 1, 2, np.iinfo(dtype).max, 3]], dtype)
    depth = np.array([[1, 1, 1, 1, 1, 9]])
    assert [one.label for one in scene(labels, depth).locate()] == [1, 2, 3]
    assert [one.label for one in scene(labels, depth, min_points=2).locate()] == [1]
    assert [one.label for one in scene(labels, depth, max_depth=5.0).locate()] == [1, 2]
    kept = scene(labels, depth, ignored_labels=(1, 60000)).locate()
    assert [one.label for one in kept] == [0, 2, 3]
    assert scene(labels, depth * np.nan).locate() == ()


def test_a_cloud_has_the_points_colours_labels_and_objects() -> None:
    labels = np.array([[0, 2], [2, 5]], np.uint8)
    depth = np.array([[1, 1], [np.nan, 2]])
    colors = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    cloud = scene(labels, depth).cloud(colors)
    assert cloud['label'].tolist() == [2, 5]
    assert cloud['instance'].tolist() == [0, 0]
    assert cloud['rgb'].tolist() == [0x030405, 0x090A0B]
    np.testing.assert_allclose(cloud['x'], [(1 - 4) / 100, (1 - 4) / 100 * 2], rtol=1e-6)
    np.testing.assert_allclose(cloud['y'], [(0 - 2) / 50, (1 - 2) / 50 * 2], rtol=1e-6)
    np.testing.assert_array_equal(cloud['z'], [1, 2])
    whole = scene(labels, depth, whole_cloud=True).cloud(colors)
    assert whole['label'].tolist() == [0, 2, 5]
    classes = np.zeros(256, np.uint16)
    classes[[2, 5]] = 700, 9
    objects = scene(labels, depth).cloud(colors, classes)
    assert objects['label'].tolist() == [700, 9]
    assert objects['instance'].tolist() == [2, 5]


def test_a_mask_of_another_size_and_a_camera_without_numbers_are_refused() -> None:
    with pytest.raises(ImageError, match=r'mask is 3x2, the depth image 4x2; .*align the depth'):
        scene(np.zeros((2, 3), np.uint8), np.ones((2, 4)))
    with pytest.raises(ImageError, match=r'uint8 of shape \(2, 3, 3\); mono8 or mono16'):
        scene(np.zeros((2, 3, 3), np.uint8), np.ones((2, 3)))
    with pytest.raises(ImageError, match=r'colours have shape \(2, 2, 3\), the mask \(2, 3\)'):
        scene(np.zeros((2, 3), np.uint8), np.ones((2, 3))).cloud(np.zeros((2, 2, 3), np.uint8))
    for numbers in ((0.0, 1.0, 0.0, 0.0), (1.0, 1.0, np.nan, 0.0)):
        with pytest.raises(ImageError, match=r'focal lengths above 0\. Calibrate it'):
            Pinhole(*numbers)
    with pytest.raises(ConfigError, match=r'min_depth is 3\.0 and max_depth 2\.0'):
        SpatialConfig(min_depth=3.0, max_depth=2.0)
