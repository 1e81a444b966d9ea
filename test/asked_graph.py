"""The Segment Anything graph with a network known by heart, and a participant that asks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geometry_msgs.msg import PointStamped
from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_interfaces.msg import ClassStatisticsArray, ObjectPrompt
from isaac_seg_interfaces.srv import SegmentObjects
from isaac_seg_py.ros.qos import REQUESTS
import numpy as np
from prompted_pair import write_pair
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String
from topic_listener import QOS
from vision_msgs.msg import (
    BoundingBox2D,
    Detection2D,
    Detection2DArray,
    ObjectHypothesisWithPose,
    Point2D,
)

SIZE = (48, 64)
PREFIX = 'segment_anything/'
OUTPUTS = {
    PREFIX + 'raw_segmentation_mask': TensorList,
    PREFIX + 'label_image': Image,
    PREFIX + 'class_segmentation_mask': Image,
    PREFIX + 'colored_segmentation_mask': Image,
    PREFIX + 'detections': Detection2DArray,
    PREFIX + 'statistics': ClassStatisticsArray,
    PREFIX + 'json': String,
    PREFIX + 'overlay': Image,
}
# On a busy machine an image may come long after the prompt that was sent behind it.
PATIENT = {'prompt_timeout_ms': 60000.0, 'service_timeout_ms': 60000.0}
Corners = Sequence[float]


def grey(number: int, value: int = 100) -> Image:
    """Make an image of one brightness whose stamp is a number of seconds."""
    made = Image(height=SIZE[0], width=SIZE[1], encoding='rgb8', step=SIZE[1] * 3)
    made.data = bytes([value]) * (SIZE[0] * SIZE[1] * 3)
    made.header.stamp.sec, made.header.frame_id = number, 'camera'
    return made


def box(corners: Corners, theta: float = 0.0) -> BoundingBox2D:
    """Make a box of x1, y1, x2, y2."""
    x1, y1, x2, y2 = corners
    made = BoundingBox2D(size_x=float(x2 - x1), size_y=float(y2 - y1))
    made.center.position.x, made.center.position.y = (x1 + x2) / 2, (y1 + y2) / 2
    made.center.theta = theta
    return made


def detections(
    number: float, boxes: Sequence[Corners], ids: Sequence[str] = (), classes: Sequence[str] = ()
) -> Detection2DArray:
    """Make what a detector finds in the image of that stamp."""
    made = Detection2DArray()
    made.header.frame_id = 'camera'
    made.header.stamp.sec = int(number)
    made.header.stamp.nanosec = round(number % 1 * 1e9)
    for index, corners in enumerate(boxes):
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = classes[index] if classes else 'cup'
        made.detections.append(
            Detection2D(
                bbox=box(corners), results=[result], id=ids[index] if ids else f'object {index}'
            )
        )
    return made


def click(number: float, x: float, y: float, frame: str = '') -> PointStamped:
    """Make a click on the image of that stamp."""
    made = PointStamped()
    made.header.frame_id = frame
    made.header.stamp.sec, made.header.stamp.nanosec = int(number), round(number % 1 * 1e9)
    made.point.x, made.point.y, made.point.z = float(x), float(y), 3.0
    return made


def prompt(
    name: str = '',
    *,
    corners: Corners | None = None,
    points: Sequence[tuple[float, float]] = (),
    labels: Sequence[int] = (),
    mask: Image | None = None,
    class_id: str = '',
) -> ObjectPrompt:
    """Make one prompt of a request."""
    made = ObjectPrompt(id=name, class_id=class_id, point_labels=list(labels))
    made.points = [Point2D(x=float(x), y=float(y)) for x, y in points]
    if corners is not None:
        made.use_box, made.box = True, box(corners)
    if mask is not None:
        made.mask = mask
    return made


def mask_of(message: Image) -> np.ndarray:
    """Read a mono8 mask, or a mono16 image of numbers."""
    kind = np.uint8 if message.encoding == 'mono8' else np.uint16
    return np.frombuffer(message.data, kind).reshape(message.height, message.width)


def corners_of(found: Detection2D) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2 of a detection."""
    middle, wide, tall = found.bbox.center.position, found.bbox.size_x / 2, found.bbox.size_y / 2
    return middle.x - wide, middle.y - tall, middle.x + wide, middle.y + tall


def sure_of(found: Detection2DArray) -> list[float]:
    """Return the scores of detections."""
    return [one.results[0].hypothesis.score for one in found.detections]


class Asker:
    """Publishes images and prompts, and calls the service, from a participant of its own."""

    def __init__(self, node: Node, until: Callable[..., None], folder: Path) -> None:
        """Write the network and offer the topics."""
        self.model = str(write_pair(folder))
        self.until = until
        self.images = node.create_publisher(Image, 'image', QOS)
        self.prompts = node.create_publisher(Detection2DArray, 'prompts', QOS)
        self.points = node.create_publisher(PointStamped, 'point', QOS)
        # Answers to many requests may come at once.
        self._client = node.create_client(
            SegmentObjects, 'segment_anything/segment', qos_profile=REQUESTS
        )

    def connected(self, graph: Any) -> None:
        """Wait until the node listens to everything, and knows who asks it."""
        for one in (self.images, self.prompts, self.points):
            self.until(lambda p=one: p.get_subscription_count() == 1, f'{one.topic} is heard')
        node, service = graph['segment_anything'], self._client.service_name
        # An answer to a client that the other side has not found yet is lost.
        self.until(lambda: node.count_clients(service) == 1, 'who asks is known')

    def begin(self, prompts: Sequence[ObjectPrompt], number: float = 0, **more: Any) -> Any:
        """Call the service; return what will have the answer."""
        self.until(self._client.service_is_ready, 'the service')
        request = SegmentObjects.Request(prompts=list(prompts), **more)
        request.request_header.stamp.sec = int(number)
        request.request_header.stamp.nanosec = round(number % 1 * 1e9)
        return self._client.call_async(request)

    def ask(self, prompts: Sequence[ObjectPrompt], number: float = 0, **more: Any) -> Any:
        """Call the service and wait for its answer."""
        answer = self.begin(prompts, number, **more)
        self.until(answer.done, 'an answer of the service')
        return answer.result()


def with_three_images(compose: Callable[..., Any], asker: Asker, told: dict[str, Any]) -> Any:
    """Start the graph, publish the images 1, 2 and 3, and return the node."""
    told = {**PATIENT, **told}
    graph = compose('segment_anything', {'segment_anything': told}, model=asker.model)
    node = graph['segment_anything']
    asker.connected(graph)
    for number in (1, 2, 3):
        asker.images.publish(grey(number, 60 * number))
    asker.until(lambda: node.facts()['images kept'] == '3', 'images')
    return node
