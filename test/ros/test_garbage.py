"""A running graph is sent garbage from outside, and the next good image passes."""

from __future__ import annotations

from collections.abc import Callable
import random
from typing import Any

from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
from isaac_seg_py.images import ENCODINGS
from isaac_seg_py.ros.composition import Composition
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from watched_graph import array, Camera, classes, message, picture, QOS

pytestmark = pytest.mark.ros
MANY = 150


def any_image(chance: random.Random, number: int) -> Image:
    """Make an image message of anything."""
    sides = [0, 1, 2, 7, 16, 65535, (1 << 32) - 1]
    made = Image(height=chance.choice(sides), width=chance.choice(sides))
    made.encoding = chance.choice([*ENCODINGS, '', 'rgb8 ', 'rgb\u00e9', 'x' * 300])
    made.step = chance.choice([*sides, made.width % (1 << 30)])
    made.is_bigendian = chance.choice([0, 1, 255])
    made.data = bytes(chance.randrange(400))
    made.header.stamp.sec = number
    return made


def any_tensors(chance: random.Random, number: int) -> TensorList:
    """Make a tensor list of anything."""
    made = TensorList()
    for _ in range(chance.randrange(3)):
        dims = [chance.choice([0, 1, 3, 6, 8, 65535]) for _ in range(chance.randrange(5))]
        name = chance.choice(['', 'image', 'scores', 'isaac_seg_view'])
        tensor = Tensor(name=name, data_type=chance.randrange(14))
        tensor.shape = TensorShape(rank=chance.choice([len(dims), 4]), dims=dims)
        tensor.strides = [chance.randrange(100) for _ in range(chance.choice([0, len(dims)]))]
        tensor.data = bytes(chance.randrange(700))
        made.tensors.append(tensor)
    made.header.stamp.sec = number
    return made


def test_garbage_on_every_topic_is_dropped_and_counted(
    start: Callable[..., Composition], camera: Camera
) -> None:
    chance = random.Random(5)
    topics: dict[str, tuple[type, Any]] = {
        'tensor_pub': (TensorList, any_tensors),
        'tensor_sub': (TensorList, any_tensors),
        'camera_info': (CameraInfo, lambda *_: CameraInfo(k=[float('nan')] * 9)),
    }
    graph = start()
    garbage = [(camera.images, any_image)]
    for topic, (kind, make) in topics.items():
        garbage.append((camera.node.create_publisher(kind, topic, QOS), make))
    # What the middleware loses before the first image that comes, nobody can number.
    camera.images.publish(message(picture(), 0))
    camera.until(lambda: camera.masks, 'a mask')
    for number in range(MANY):
        for publisher, make in garbage:
            publisher.publish(make(chance, number))
        if number % 10 == 9:
            camera.until(lambda: idle(graph), 'quiet')
    encoder = graph['dnn_image_encoder_node'].stats
    camera.until(lambda: encoder.summary().received >= MANY, 'every image')
    camera.until(lambda: idle(graph), 'quiet')
    assert encoder.summary().lost > MANY / 2
    camera.images.publish(message(picture(), 999))
    camera.until(lambda: any(mask.header.stamp.sec == 999 for mask in camera.masks), 'a mask')
    (mask,) = [mask for mask in camera.masks if mask.header.stamp.sec == 999]
    np.testing.assert_array_equal(array(mask), classes())


def idle(graph: Composition) -> bool:
    """Say whether every node has nothing in hand."""
    found = [node.stats.summary() for node in graph.nodes.values()]
    return all(
        not any(one.waiting for one in node.listened_to()) for node in graph.nodes.values()
    ) and all(one.done + one.lost <= one.received for one in found)
