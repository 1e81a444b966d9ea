"""TensorToImageNode shows masks of any number; DummyMaskPublisher answers with nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.ros.conversions import TENSORS, tensors_from_message
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray
from watched_graph import array

pytestmark = pytest.mark.ros
NAME = 'tensor_to_image'
KINDS = {'binary_mask': Image, 'detection_array': Detection2DArray}


def plain(masks: np.ndarray, number: int = 1) -> TensorList:
    """Make a list as NVIDIA's tests do: without name and strides."""
    shape = TensorShape(rank=masks.ndim, dims=masks.shape)
    tensor = Tensor(shape=shape, data_type=2, data=masks.astype(np.uint8).tobytes())
    header = Header(frame_id='eye')
    header.stamp.sec = number
    return TensorList(header=header, tensors=[tensor])


@pytest.fixture
def show(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> Callable[[TensorList], tuple[np.ndarray, list[Any]]]:
    """Give a function that sends masks, and returns the image and the detections."""
    topics = Topics(outside, KINDS)
    tensors = outside.create_publisher(TensorList, 'segmentation_tensor', QOS)
    graph = compose([NodeSpec('TensorToImageNode', NAME)])
    until(lambda: tensors.get_subscription_count() == 1, 'discovery of the tensors')
    until(lambda: topics.are_known_to(graph), 'discovery of the results')

    def send(message: TensorList) -> tuple[np.ndarray, list[Any]]:
        count = len(topics['binary_mask'])
        tensors.publish(message)
        until(lambda: topics.have(count + 1), 'results')
        image, found = topics['binary_mask'][count], topics['detection_array'][count]
        assert image.header == found.header == message.header
        assert image.encoding == 'mono8'
        return array(image), found.detections

    send.graph = graph  # type: ignore[attr-defined]
    send.tensors = tensors  # type: ignore[attr-defined]
    return send


def test_the_image_covers_all_masks_and_each_has_its_box(show: Callable[..., Any]) -> None:
    masks = np.zeros((3, 1, 6, 9), np.uint8)
    masks[0, 0, 1:4, 2:8] = 1
    masks[2, 0, 3:, 5] = 1
    image, found = show(plain(masks))
    np.testing.assert_array_equal(image, masks[:, 0].max(0) * 255)
    assert [one.id for one in found] == ['1', '3']
    for one in found:
        told = one.results[0].hypothesis
        assert (told.class_id, told.score) == ('mask', 1.0)
        assert one.bbox.center.theta == 0.0
    first, last = (one.bbox for one in found)
    assert (first.center.position.x, first.center.position.y) == (5.0, 2.5)
    assert (first.size_x, first.size_y) == (6.0, 3.0)
    assert (last.center.position.x, last.center.position.y) == (5.5, 4.5)
    assert (last.size_x, last.size_y) == (1.0, 3.0)


@pytest.mark.parametrize('count', [0, 1])
def test_where_nothing_is_there_is_no_box(show: Callable[..., Any], count: int) -> None:
    image, found = show(plain(np.zeros((count, 1, 6, 9))))
    assert image.shape == (6, 9)
    assert not image.any()
    assert found == []


@pytest.mark.parametrize(
    'bad',
    [
        plain(np.ones((1, 2, 6, 9))),
        plain(np.ones((6, 9))),
        plain(np.zeros((0, 1, 1 << 16, 1 << 16))),
        plain(np.zeros((0, 1, 6, 0))),
        TENSORS.to_message(Header(), Tensors({'masks': np.ones((1, 1, 6, 9), np.float32)})),
        TensorList(),
    ],
)
def test_what_holds_no_masks_is_told_and_the_next_frame_passes(
    show: Callable[..., Any], until: Callable[..., None], bad: TensorList
) -> None:
    show.tensors.publish(bad)  # type: ignore[attr-defined]
    stats = show.graph[NAME].stats  # type: ignore[attr-defined]
    until(lambda: stats.summary().dropped.get('TensorError') == 1, 'the drop')
    image, _ = show(plain(np.ones((1, 1, 6, 9))))
    assert (image == 255).all()


def test_a_dummy_mask_says_nothing_with_the_stamp_of_what_came(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> None:
    topics = Topics(outside, {'mask': TensorList})
    tensors = outside.create_publisher(TensorList, 'tensor_pub', QOS)
    graph = compose([NodeSpec('DummyMaskPublisher', 'dummy_mask_publisher')])
    until(lambda: tensors.get_subscription_count() == 1, 'discovery of the tensors')
    until(lambda: topics.are_known_to(graph), 'discovery of the masks')
    tensors.publish(plain(np.ones((1, 3, 8, 8)), number=9))
    until(lambda: topics.have(1), 'a mask')
    message = topics['mask'][0]
    assert (message.header.stamp.sec, message.header.frame_id) == (9, 'eye')
    mask = tensors_from_message(message)['input_mask']
    assert (mask.shape, mask.dtype) == ((1, 1, 256, 256), np.float32)
    assert not mask.any()
