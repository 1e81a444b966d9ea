"""A camera of its own, and pictures whose masks are known."""

from __future__ import annotations

from collections.abc import Callable

from isaac_seg_py.ros.composition import Composition
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

QOS = QoSProfile(depth=50)
Until = Callable[..., None]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PALETTE = [0x112233, 0x445566, 0x778899]


def picture(size: tuple[int, int] = (12, 16)) -> np.ndarray:
    """Make red above, green below on the left and blue below on the right."""
    height, width = size
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2] = RED
    image[height // 2 :, : width // 2] = GREEN
    image[height // 2 :, width // 2 :] = BLUE
    return image


def classes(size: tuple[int, int] = (12, 16)) -> np.ndarray:
    """Make the classes that the network of the brightest channel finds in it."""
    return picture(size).argmax(2).astype(np.uint8)


def message(image: np.ndarray, number: int, encoding: str = 'rgb8') -> Image:
    """Make a message with a stamp of that number."""
    made = Image(height=image.shape[0], width=image.shape[1], encoding=encoding)
    made.step = image.strides[0]
    made.data = image.tobytes()
    made.header.stamp.sec, made.header.stamp.nanosec = number, 7
    made.header.frame_id = f'camera_{number}'
    return made


def array(made: Image) -> np.ndarray:
    """Read a mask or picture of 8 bits."""
    channels = {'mono8': 1, 'rgb8': 3, 'bgr8': 3, 'rgba8': 4}[made.encoding]
    shape = (made.height, made.width, channels)
    return np.frombuffer(made.data, np.uint8).reshape(shape).squeeze()


class Camera:
    """A participant of its own that publishes images and hears the results."""

    def __init__(self, node: Node, until: Until) -> None:
        """Publish and subscribe with plain rclpy."""
        self.until = until
        self.node = node
        self.images = node.create_publisher(Image, 'image', QOS)
        self.heard: dict[str, list[Image]] = {}
        for topic in (
            'unet/raw_segmentation_mask', 'unet/colored_segmentation_mask',
            'segmentation_image_overlay', 'unet/confidence',
        ):  # fmt: skip
            self.heard[topic] = []
            node.create_subscription(Image, topic, self.heard[topic].append, QOS)

    @property
    def masks(self) -> list[Image]:
        """Return the masks heard."""
        return self.heard['unet/raw_segmentation_mask']

    def connected(self, graph: Composition) -> None:
        """Wait until everyone has found everyone."""
        counts = self.images.get_subscription_count
        wanted = 2 if 'alpha_blend_node' in graph.nodes else 1
        self.until(lambda: counts() == wanted, 'discovery of the camera')
        outs = [p for node in graph.nodes.values() for p in node._publishers_here]
        names = [p for p in outs if p.place.topic[1:] in self.heard]
        self.until(lambda: all(p._is_heard_outside() for p in names), 'discovery of the masks')
