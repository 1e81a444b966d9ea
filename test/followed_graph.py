"""The Segment Anything 2 graph with networks that follow colours, and who asks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from asked_graph import box as box_message
from geometry_msgs.msg import PointStamped
from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_interfaces.msg import ObjectStateArray
from isaac_seg_interfaces.srv import ClearObjects, ListObjects, RenameObject, UpdateObject
import numpy as np
from rclpy.node import Node
from sam2_color_networks import write_color_networks
from sensor_msgs.msg import Image
from std_msgs.msg import String
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray, Point2D

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PLACES = {RED: (6, 8), GREEN: (26, 40), BLUE: (28, 8)}
PREFIX = 'segment_anything2/'
OUTPUTS = {
    PREFIX + 'objects': ObjectStateArray,
    PREFIX + 'raw_segmentation_mask': TensorList,
    PREFIX + 'label_image': Image,
    PREFIX + 'colored_segmentation_mask': Image,
    PREFIX + 'detections': Detection2DArray,
    PREFIX + 'overlay': Image,
    PREFIX + 'json': String,
}
SERVICES = {
    'add_objects': AddObjects,
    'remove_object': RemoveObject,
    PREFIX + 'update_object': UpdateObject,
    PREFIX + 'rename_object': RenameObject,
    PREFIX + 'list_objects': ListObjects,
    PREFIX + 'clear': ClearObjects,
}
_HEIGHT, _WIDTH = 12, 16


def pixels(shift: int = 0, without: tuple[int, ...] | None = None, size: int = 1) -> np.ndarray:
    """Draw three boxes on black, moved to the right; one of them may be hidden."""
    image = np.zeros((48 * size, 64 * size, 3), np.uint8)
    for color, (top, left) in PLACES.items():
        if color != without:
            rows = slice(top * size, (top + _HEIGHT) * size)
            image[rows, (left + shift) * size : (left + shift + _WIDTH) * size] = color
    return image


def corners(color: tuple[int, ...], shift: int = 0) -> tuple[int, int, int, int]:
    """Return x1, y1, x2, y2 of the box of a colour."""
    top, left = PLACES[color]
    return left + shift, top, left + shift + _WIDTH, top + _HEIGHT


def middle(color: tuple[int, ...], shift: int = 0) -> tuple[float, float]:
    """Return x, y of the middle of the box of a colour."""
    left, top, right, bottom = corners(color, shift)
    return (left + right) / 2, (top + bottom) / 2


def image_message(number: float, picture: np.ndarray) -> Image:
    """Make a message of a picture whose stamp is a number of seconds."""
    height, width, _ = picture.shape
    made = Image(height=height, width=width, encoding='rgb8', step=width * 3)
    made.data = picture.tobytes()
    made.header.frame_id = 'camera'
    made.header.stamp.sec, made.header.stamp.nanosec = int(number), round(number % 1 * 1e9)
    return made


def adding(
    boxes: dict[str, Any] | None = None, points: list[Any] | None = None, stamp: float = 0
) -> AddObjects.Request:
    """Make a request of boxes by name, and of points (name, x, y, label)."""
    made = AddObjects.Request()
    made.request_header.stamp.sec = int(stamp)
    made.request_header.stamp.nanosec = round(stamp % 1 * 1e9)
    for name, one in (boxes or {}).items():
        made.bbox_object_ids.append(name)
        made.bbox_coords.append(box_message(one))
    for name, x, y, label in points or []:
        made.point_object_ids.append(name)
        made.point_coords.append(Point2D(x=float(x), y=float(y)))
        made.point_labels.append(label)
    return made


class Follow:
    """Publishes images and prompts, calls services, and keeps what comes back."""

    def __init__(self, node: Node, until: Callable[..., None], folder: Path) -> None:
        """Write the networks, offer the topics and listen."""
        self.model = str(write_color_networks(folder))
        self.until = until
        self.images = node.create_publisher(Image, 'image', QOS)
        self.prompts = node.create_publisher(Detection2DArray, 'prompts', QOS)
        self.points = node.create_publisher(PointStamped, 'point', QOS)
        self.heard = Topics(node, OUTPUTS)
        self._clients = {name: node.create_client(kind, name) for name, kind in SERVICES.items()}

    def connected(self, graph: Any) -> None:
        """Take the running graph, and wait until everybody knows everybody."""
        self.node = graph['segment_anything2']
        for one in (self.images, self.prompts, self.points):
            self.until(lambda p=one: p.get_subscription_count() == 1, f'{one.topic} is heard')
        self.until(lambda: self.heard.are_known_to(graph), 'discovery of the topics')

    def begin(self, service: str, request: Any) -> Any:
        """Call a service; return what will have the answer."""
        client = self._clients[service if service in self._clients else PREFIX + service]
        self.until(client.service_is_ready, f'service {service}')
        return client.call_async(request)

    def ask(self, service: str, request: Any) -> Any:
        """Call a service and wait for its answer."""
        answer = self.begin(service, request)
        self.until(answer.done, f'an answer of {service}')
        return answer.result()

    def show(self, number: float, picture: np.ndarray) -> Any:
        """Publish an image and return the states of its objects."""
        before = len(self.heard[PREFIX + 'objects'])
        self.images.publish(image_message(number, picture))
        heard = self.heard[PREFIX + 'objects']
        self.until(lambda: len(heard) > before, f'states of image {number}')
        return heard[-1]

    def latest(self, topic: str, stamp: float) -> Any:
        """Wait for the message of a stamp on a topic and return it."""
        heard = self.heard[PREFIX + topic]
        self.until(
            lambda: heard and heard[-1].header.stamp.sec == int(stamp), f'{topic} of {stamp}'
        )
        return heard[-1]
