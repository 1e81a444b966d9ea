"""A camera with depth, and what MaskTo3DNode makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray, Detection3DArray

KINDS = {'detections_3d': Detection3DArray, 'points': PointCloud2}
SENT = {'mask': Image, 'depth': Image, 'image': Image, 'detections': Detection2DArray,
        'camera_info': CameraInfo}  # fmt: skip
POINT = np.dtype(
    [
        ('x', '<f4'),
        ('y', '<f4'),
        ('z', '<f4'),
        ('rgb', '<u4'),
        ('label', '<u4'),
        ('instance', '<u4'),
    ]
)
NODE = 'mask_to_3d_node'


def info(**more: Any) -> CameraInfo:
    """Make the camera_info of a camera of 12x8 pixels, centred, with focal lengths 10 and 20."""
    told = {'height': 8, 'width': 12, 'k': [10.0, 0.0, 6.0, 0.0, 20.0, 4.0, 0.0, 0.0, 1.0]}
    return CameraInfo(header=Header(frame_id='camera'), **{**told, **more})


def labels() -> np.ndarray:
    """Make class 1 in the upper left, class 2 in the lower right."""
    mask = np.zeros((8, 12), np.uint8)
    mask[:4, :6], mask[4:, 6:] = 1, 2
    return mask


def millimetres() -> np.ndarray:
    """Make depth of 2 m above and 4 m below, with a hole."""
    depth = np.full((8, 12), 2000, np.uint16)
    depth[4:] = 4000
    depth[0, 0] = 0
    return depth


class Scene:
    """Sends what a camera and a decoder would, and hears what comes of it."""

    def __init__(self, node: Node, until: Callable[..., None]) -> None:
        """Publish with plain rclpy."""
        self.until = until
        self.topics = Topics(node, KINDS)
        self.out = {name: node.create_publisher(kind, name, QOS) for name, kind in SENT.items()}

    def connected(self, graph: Any, *names: str) -> None:
        """Wait until everyone has found everyone, and send the camera_info."""
        self.until(lambda: all(self.out[one].get_subscription_count() for one in names))
        self.until(lambda: self.topics.are_known_to(graph), 'discovery of the results')

    def tell_camera(self, graph: Any, **more: Any) -> None:
        """Send the camera_info and wait until the node has it."""
        self.out['camera_info'].publish(info(**more))
        self.until(lambda: graph[NODE]._info is not None, 'the camera_info')
