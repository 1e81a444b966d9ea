"""SegmentAnythingDecoderNode reads what others send, and masks lie where they should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_py.geometry import View
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
NAME = 'segment_anything_decoder_node'
MASKS = 'segment_anything/raw_segmentation_mask'
KINDS = {
    MASKS: TensorList,
    'segment_anything/detections': Detection2DArray,
    'segment_anything/colored_segmentation_mask': Image,
}


@pytest.fixture
def decode(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> Callable[..., Any]:
    """Give what starts the node, which gives a function that sends tensors and hears all."""
    topics = Topics(outside, KINDS)
    tensors = outside.create_publisher(TensorList, 'tensor_sub', QOS)

    def begin(**told: Any) -> Callable[..., dict[str, Any]]:
        graph = compose([NodeSpec('SegmentAnythingDecoderNode', NAME, told)])
        until(lambda: tensors.get_subscription_count() == 1, 'discovery of the tensors')
        until(lambda: topics.are_known_to(graph), 'discovery of the topics')

        def send(arrays: dict[str, np.ndarray], view: View | None = None) -> dict[str, Any]:
            count = len(topics[MASKS])
            header = Header(frame_id='eye')
            header.stamp.sec = count + 1
            tensors.publish(TENSORS.to_message(header, Tensors(arrays, view)))
            until(lambda: topics.have(count + 1), 'masks')
            came = {topic: topics[topic][count] for topic in KINDS}
            for one in came.values():
                assert (one.header.stamp.sec, one.header.frame_id) == (count + 1, 'eye')
            return came

        send.graph = graph  # type: ignore[attr-defined]
        send.tensors = tensors  # type: ignore[attr-defined]
        return send

    return begin


@pytest.mark.parametrize('size', [(632, 1200), (376, 672), (480, 848)])
def test_the_edge_of_a_mask_is_where_it_should_be(
    decode: Callable[..., Any], size: tuple[int, int]
) -> None:
    # Slopes whose zeros lie at 0.91 of the image's height, where NVIDIA's un-padding has drifted.
    view = View.fit(size, (1024, 1024), 'letterbox_top_left')
    edges = (0.91 * size[0], 0.33 * size[1])
    rows, columns = ((np.arange(256) + 0.5) * 4 / scale for scale in view.scale)
    low = np.stack(
        [
            np.repeat(edges[0] - rows[:, np.newaxis], 256, 1),
            np.repeat(edges[1] - columns[np.newaxis], 256, 0),
        ]
    )[:, np.newaxis].astype(np.float32)
    came = decode()({'low_res_mask': low}, view)
    masks = tensors_from_message(came[MASKS])['masks'][:, 0]
    assert masks.shape == (2, *size)
    assert np.abs(masks[0].sum(0, dtype=int) - edges[0]).max() <= 0.5
    assert np.abs(masks[1].sum(1, dtype=int) - edges[1]).max() <= 0.5


def test_masks_of_a_stranger_are_numbered_and_keep_their_rows(decode: Callable[..., Any]) -> None:
    masks = np.full((3, 1, 10, 14), -1, np.float32)
    masks[0, 0, 2:5, 3:9], masks[2, 0, 6:, :2] = 4, 4
    rated = np.array([[0.25], [0.75], [0.5]], np.float32)
    came = decode()({'masks': masks, 'iou': rated})
    # A row for each prompt, as in Isaac ROS, and no detection where nothing is.
    np.testing.assert_array_equal(
        tensors_from_message(came[MASKS])['masks'], (masks > 0).astype(np.uint8)
    )
    found = came['segment_anything/detections'].detections
    told = [(one.id, one.results[0].hypothesis.score) for one in found]
    assert told == [('1', 0.25), ('3', 0.5)]
    box = found[0].bbox
    assert (box.center.position.x, box.center.position.y) == (6.0, 3.5)
    assert (box.size_x, box.size_y) == (6.0, 3.0)
    colors = array(came['segment_anything/colored_segmentation_mask'])
    assert colors[3, 4].any()
    assert not colors[0, 0].any()


def test_the_tensor_of_the_name_is_read_and_its_absence_told(
    decode: Callable[..., Any],
    until: Callable[..., None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    send = decode(tensor_name='second', mask_threshold=0.5)
    first, second = (np.full((1, 1, 4, 6), value, np.float32) for value in (1.0, 0.4))
    second[0, 0, 1, 1] = 0.6
    came = send({'first': first, 'second': second})
    assert tensors_from_message(came[MASKS])['masks'].sum() == 1
    message = TENSORS.to_message(Header(), Tensors({'first': first}))
    send.tensors.publish(message)
    told: list[str] = []

    def is_told() -> bool:
        told.extend(capfd.readouterr())
        return "no tensor 'second' came; the list has 'first'" in ''.join(told)

    until(is_told, 'telling what is missing')
    assert send.graph[NAME].stats.summary().dropped['TensorError'] == 1
    assert tensors_from_message(send({'second': first})[MASKS])['masks'].all()
