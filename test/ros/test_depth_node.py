"""MaskTo3DNode: masks and depth that belong together become places and points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from depth_scene import info, labels, millimetres, NODE, POINT, Scene, SENT
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.ros.detections import Detection, DETECTIONS
import numpy as np
import pytest
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, PointField, RegionOfInterest
import tiny_models
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection3DArray
from watched_graph import message, picture

pytestmark = pytest.mark.ros


@pytest.fixture
def scene(outside: Node, until: Callable[..., None]) -> Scene:
    """Give a camera in a context of its own."""
    return Scene(outside, until)


def start(compose: Callable[..., Any], **told: Any) -> Any:
    """Start the node; every pixel counts."""
    few = {'step': 1, 'min_points': 1, 'trim': 0.0, 'outlier_distance': 0.0}
    return compose([NodeSpec('MaskTo3DNode', NODE, {**few, **told})])


def point(one: Any) -> tuple[float, float, float]:
    """Return a point or vector of a message."""
    return one.x, one.y, one.z


def test_classes_stand_where_the_camera_sees_them(
    compose: Callable[..., Any], scene: Scene
) -> None:
    names = ['ground', 'cup', 'box']
    graph = start(compose, class_names=names, color_palette=[0, 0x102030, 0x405060])
    scene.connected(graph, 'mask', 'depth', 'camera_info')
    scene.tell_camera(graph)
    scene.out['mask'].publish(message(labels(), 5, 'mono8'))
    scene.out['depth'].publish(message(millimetres(), 5, '16UC1'))
    scene.until(lambda: scene.topics.have(1), 'places and points')
    found = scene.topics['detections_3d'][0]
    assert [(one.id, one.results[0].hypothesis.class_id) for one in found.detections] == [
        ('1', 'cup'),
        ('2', 'box'),
    ]
    for one in (found, *found.detections, scene.topics['points'][0]):
        assert (one.header.stamp.sec, one.header.frame_id) == (5, 'camera_5')
    box = found.detections[1]
    # Columns 6 to 11 and rows 4 to 7, 4 m away: x = (u - 6) / 10 * 4, y = (v - 4) / 20 * 4.
    assert point(box.results[0].pose.pose.position) == pytest.approx((1.0, 0.3, 4.0))
    assert point(box.bbox.center.position) == pytest.approx((1.0, 0.3, 4.0))
    assert point(box.bbox.size) == pytest.approx((2.0, 0.6, 0.0), abs=1e-6)
    assert box.bbox.center.orientation.w == 1.0
    cloud = scene.topics['points'][0]
    assert (cloud.height, cloud.width, cloud.point_step) == (1, 47, 24)
    assert cloud.row_step == 47 * 24
    assert [(one.name, one.offset, one.datatype) for one in cloud.fields] == [
        ('x', 0, PointField.FLOAT32), ('y', 4, PointField.FLOAT32), ('z', 8, PointField.FLOAT32),
        ('rgb', 12, PointField.FLOAT32), ('label', 16, PointField.UINT32),
        ('instance', 20, PointField.UINT32),
    ]  # fmt: skip
    points = np.frombuffer(cloud.data, POINT)
    assert points['label'].tolist() == [1] * 23 + [2] * 24
    assert set(points['rgb'][:23].tolist()) == {0x102030}
    np.testing.assert_allclose(points['z'], [2.0] * 23 + [4.0] * 24)
    assert points['x'][0] == pytest.approx((1 - 6) / 10 * 2)


def test_objects_have_the_class_and_score_of_their_detection(
    compose: Callable[..., Any], scene: Scene
) -> None:
    told = {'mask_kind': 'objects', 'class_names': ['cup', 'box'], 'color_from': 'image'}
    graph = start(compose, **told)
    scene.connected(graph, 'mask', 'depth', 'detections', 'image', 'camera_info')
    scene.tell_camera(graph)
    mask = message(labels().astype(np.uint16), 4, 'mono16')
    header = mask.header
    seen = (Detection('2', 'box', 0.75, (6.0, 4.0, 12.0, 8.0)),)
    image = np.zeros((8, 12, 3), np.uint8)
    image[4:] = 10, 20, 30
    scene.out['depth'].publish(message(millimetres(), 4, '16UC1'))
    scene.out['image'].publish(message(image, 4))
    scene.out['detections'].publish(DETECTIONS.to_message(header, seen))
    scene.out['mask'].publish(mask)
    scene.until(lambda: scene.topics.have(1), 'places and points')
    found = [
        (one.id, one.results[0].hypothesis.class_id, one.results[0].hypothesis.score)
        for one in scene.topics['detections_3d'][0].detections
    ]
    # Nobody said what object 1 is.
    assert found == [('1', '', 0.0), ('2', 'box', 0.75)]
    points = np.frombuffer(scene.topics['points'][0].data, POINT)
    assert points['instance'].tolist() == [1] * 23 + [2] * 24
    assert points['label'].tolist() == [65535] * 23 + [1] * 24
    assert set(points['rgb'][23:].tolist()) == {0x0A141E}


def test_stamps_must_be_equal_or_within_the_bound(
    compose: Callable[..., Any], scene: Scene
) -> None:
    graph = start(compose, sync_tolerance=0.02)
    scene.connected(graph, 'mask', 'depth', 'camera_info')
    scene.tell_camera(graph)
    far = message(np.full((8, 12), 9000, np.uint16), 5, '16UC1')
    near = message(millimetres(), 5, '16UC1')
    far.header.stamp.nanosec, near.header.stamp.nanosec = 30_000_000, 10_000_000
    scene.out['depth'].publish(far)
    scene.out['mask'].publish(message(labels(), 5, 'mono8'))
    scene.until(lambda: graph[NODE].stats.summary().received >= 3)
    scene.out['depth'].publish(near)
    scene.until(lambda: scene.topics.have(1), 'places and points')
    # The far one is 9 m away.
    assert max(np.frombuffer(scene.topics['points'][0].data, POINT)['z']) == 4.0
    # The stamp is that of the mask, so of the camera image.
    assert scene.topics['points'][0].header.stamp.nanosec == 7


@pytest.mark.parametrize(
    ('more', 'expected'),
    [
        ({}, -0.6),
        ({'p': [20.0, 0.0, 6.0, 0.0, 0.0, 20.0, 4.0, 0.0, 0.0, 0.0, 1.0, 0.0]}, -0.3),
        ({'height': 16, 'width': 24, 'binning_x': 2, 'binning_y': 2}, 0.0),
        (
            {
                'height': 80,
                'width': 120,
                'roi': RegionOfInterest(x_offset=3, y_offset=2, height=8, width=12),
            },
            0.0,
        ),
    ],
)
def test_the_camera_may_be_rectified_binned_or_cut(
    compose: Callable[..., Any], scene: Scene, more: dict[str, Any], expected: float
) -> None:
    graph = start(compose)
    scene.connected(graph, 'mask', 'depth', 'camera_info')
    scene.tell_camera(graph, **more)
    mask = np.zeros((8, 12), np.uint8)
    mask[3, 3] = 1
    scene.out['mask'].publish(message(mask, 1, 'mono8'))
    scene.out['depth'].publish(message(np.full((8, 12), 2, np.float32), 1, '32FC1'))
    scene.until(lambda: scene.topics.have(1), 'places and points')
    points = np.frombuffer(scene.topics['points'][0].data, POINT)
    assert points['x'].tolist() == pytest.approx([expected])


@pytest.mark.parametrize(
    ('mask', 'depth', 'camera', 'said'),
    [
        (labels()[:4], millimetres(), info(), 'the mask is 12x4, the depth image 12x8'),
        (labels(), millimetres(), None, 'no camera_info has come yet'),
        (labels(), millimetres(), info(width=24), 'the camera_info says 24x8'),
        (labels(), millimetres(), info(k=[0.0] * 9), 'Calibrate it'),
        (labels(), labels(), info(), 'the depth image is mono8'),
    ],
)
def test_what_does_not_fit_is_told_and_the_next_frame_passes(
    compose: Callable[..., Any],
    scene: Scene,
    capfd: pytest.CaptureFixture[str],
    mask: np.ndarray,
    depth: np.ndarray,
    camera: CameraInfo | None,
    said: str,
) -> None:
    graph = start(compose)
    scene.connected(graph, 'mask', 'depth', 'camera_info')
    if camera is not None:
        scene.out['camera_info'].publish(camera)
        scene.until(lambda: graph[NODE]._info is not None, 'the camera_info')
    encoding = '16UC1' if depth.dtype == np.uint16 else 'mono8'
    scene.out['mask'].publish(message(mask, 1, 'mono8'))
    scene.out['depth'].publish(message(depth, 1, encoding))
    told: list[str] = []

    def is_told() -> bool:
        told.extend(capfd.readouterr())
        return said in ''.join(told)

    scene.until(is_told, f'telling {said!r}')
    assert graph[NODE].stats.summary().dropped
    graph[NODE]._info = None
    scene.tell_camera(graph)
    scene.out['mask'].publish(message(labels(), 2, 'mono8'))
    scene.out['depth'].publish(message(millimetres(), 2, '16UC1'))
    scene.until(lambda: scene.topics.have(1), 'places and points')


def test_a_graph_with_depth_tells_where_its_classes_stand(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> None:
    model = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    topics = Topics(outside, {'unet/detections_3d': Detection3DArray})
    decoder = {'class_names': ['red', 'green', 'blue']}
    more = {'unet_decoder_node': decoder, NODE: {**decoder, 'min_points': 1}}
    graph = compose('unet', more, model=str(model), depth='/depth', overlay='false')
    out = {name: outside.create_publisher(kind, name, QOS) for name, kind in SENT.items()}
    until(lambda: out['image'].get_subscription_count() == 1, 'discovery of the camera')
    until(lambda: out['depth'].get_subscription_count() == 1, 'discovery of the depth')
    until(lambda: topics.are_known_to(graph), 'discovery of the results')
    out['camera_info'].publish(info(height=12, width=16))
    until(lambda: graph[NODE]._info is not None, 'the camera_info')
    depth = np.full((12, 16), 3.0, np.float32)
    depth[:, 8:] = 5.0
    out['depth'].publish(message(depth, 2, '32FC1'))
    out['image'].publish(message(picture(), 2))
    until(lambda: topics.have(1), 'places')
    found = topics['unet/detections_3d'][0]
    assert (found.header.stamp.sec, found.header.frame_id) == (2, 'camera_2')
    # Red is class 0, which is no object unless a setting says so; blue is on the right.
    told = [(one.results[0].hypothesis.class_id, one.bbox.center.position.z)
            for one in found.detections]  # fmt: skip
    assert told == [('green', pytest.approx(3.0)), ('blue', pytest.approx(5.0))]
