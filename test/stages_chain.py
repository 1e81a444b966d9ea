"""Isaac ROS's chain of nodes around Segment Anything, with a camera and a detector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.ros.detections import Detection, DETECTIONS
import numpy as np
from rclpy.node import Node
from sam_single_graph import INPUTS, OUTPUTS, SIDE
from sensor_msgs.msg import Image
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray
from watched_graph import message

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
MASKS = 'segment_anything/raw_segmentation_mask'
KINDS = {
    MASKS: TensorList,
    'segment_anything/label_image': Image,
    'segment_anything/detections': Detection2DArray,
    'binary_mask': Image,
    'detection_array': Detection2DArray,
}
ENCODER, DECODER = 'segment_anything_data_encoder_node', 'segment_anything_decoder_node'
BOXES = [(3, 4, 20, 30), (30, 5, 60, 38), (1, 1, 9, 9), (22, 10, 41, 33)]
SIZE = (40, 61)


def chain(model: Path, **encoder: Any) -> list[NodeSpec]:
    """Return the nodes, wired as Isaac ROS wires them."""
    image = {
        'network_image_width': SIDE, 'network_image_height': SIDE, 'tensor_name': 'input_tensor',
        'fit': 'letterbox_top_left', 'pad_after_normalization': True,
        'image_mean': MEAN, 'image_stddev': DEVIATION,
    }  # fmt: skip
    network = {
        'model_file_path': str(model), 'backend': 'onnxruntime', 'threads': 1,
        'input_queue_size': 5,
        'input_tensor_names': [*INPUTS], 'input_binding_names': [*INPUTS.values()],
        'output_tensor_names': [*OUTPUTS], 'output_binding_names': [*OUTPUTS.values()],
    }  # fmt: skip
    return [
        NodeSpec('DnnImageEncoderNode', 'encoder', image, {'tensors': 'tensor_pub'}),
        NodeSpec(
            'SegmentAnythingDataEncoderNode', ENCODER, encoder, {'tensor': 'encoded_data'}
        ),
        NodeSpec('TensorRTNode', 'network', network, {'tensor_pub': 'encoded_data'}),
        NodeSpec('SegmentAnythingDecoderNode', DECODER),
        NodeSpec(
            'TensorToImageNode', 'tensor_to_image', {}, {'segmentation_tensor': MASKS}
        ),
    ]  # fmt: skip


def picture(size: tuple[int, int] = SIZE, seed: int = 812346) -> np.ndarray:
    """Make spots of colour."""
    spots = np.random.default_rng(seed).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    return cv2.resize(spots, size[::-1])


def boxes(*given: tuple[float, ...]) -> tuple[Detection, ...]:
    """Make what a detector says of boxes."""
    return tuple(
        Detection(f'track_{n}', f'kind_{n % 2}', 0.5, tuple(map(float, box)))
        for n, box in enumerate(given)
    )


class Chain:
    """The running nodes, with a camera and a detector of another process."""

    def __init__(self, graph: Any, node: Node, until: Callable[..., None]) -> None:
        """Publish and hear with plain rclpy."""
        self.graph, self.until = graph, until
        self.topics = Topics(node, KINDS)
        kinds = {'image': Image, 'prompts': Detection2DArray, 'mask': TensorList}
        self.out = {name: node.create_publisher(kind, name, QOS) for name, kind in kinds.items()}
        self.hears = ('image', 'prompts')
        until(lambda: self.topics.are_known_to(graph), 'discovery of the results')

    def send(
        self, detections: tuple[Detection, ...], number: int, image: np.ndarray | None = None
    ) -> dict[str, Any]:
        """Send an image with prompts, and return what comes of it."""
        self.until(lambda: all(self.out[one].get_subscription_count() for one in self.hears))
        count = len(self.topics[MASKS])
        shown = message(picture() if image is None else image, number)
        self.out['prompts'].publish(DETECTIONS.to_message(shown.header, detections))
        self.out['image'].publish(shown)
        self.until(lambda: self.topics.have(count + 1), 'results')
        came = {topic: self.topics[topic][count] for topic in KINDS}
        for one in came.values():
            assert (one.header.stamp.sec, one.header.frame_id) == (number, f'camera_{number}')
        return came
