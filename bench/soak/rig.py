"""A graph under test: its nodes in this process, a camera and a listener beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
import time
from typing import Any, Final

from geometry_msgs.msg import PointStamped
from isaac_seg_py.closing import Closing
from isaac_seg_py.graphs import find_graph
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.scenes import make_video
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

from .chains import CHAINS, PROMPTED
from .requests import Asker

_QOS: Final = QoSProfile(depth=50)
_PATIENCE_S: Final = 20.0


class Rig(Closing):
    """Sends what a camera and a detector would send, and accounts for each message."""

    def __init__(self, name: str, seed: int = 810000) -> None:
        """Start a graph by its name and wait until everyone has found everyone."""
        self.name = name
        self.pictures = [
            (scene.image, list(scene.boxes.values())) for scene in make_video(seed, 12, (240, 320))
        ]
        self.sent: Counter[str] = Counter()
        self.delivered = 0
        self.is_prompted = name in PROMPTED
        self._stamp = 1_000
        self._ros, self._outside = Background(), Background()
        try:
            nodes = find_graph(name).nodes({})
            self.graph = Composition(nodes, self._ros.executor, context=self._ros.context)
            self.chain = [self.graph[node] for node in CHAINS[name]]
            self._node = Node('soak', context=self._outside.context)
            self._outside.add(self._node)
            self._publishers = {
                topic: self._node.create_publisher(kind, topic, _QOS)
                for topic, kind in self._inputs().items()
            }
            self.asker = Asker(self._node, name, self.wait)
            self._listen()
            self.await_listeners()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop everything; closing twice is harmless."""
        if hasattr(self, 'graph'):
            self.graph.close()
        self._ros.close()
        self._outside.close()

    def send(self, topic: str, message: Any) -> None:
        """Publish a message of the next moment."""
        self._stamp += 1
        message.header.stamp.sec = self._stamp
        message.header.frame_id = 'camera'
        self.sent[topic] += 1
        self._publishers[topic].publish(message)

    def send_picture(self, number: int) -> None:
        """Publish a picture and, where boxes are asked for, those of its objects."""
        pixels, boxes = self.pictures[number % len(self.pictures)]
        self.send('image', image_of(pixels))
        if self.is_prompted:
            self._stamp -= 1
            self.send('prompts', detections_of(boxes))
            self._stamp -= 1
            self.send('point', click_on(boxes))

    def jump_back(self) -> None:
        """Let time begin anew, as a bag that loops does."""
        self._stamp = 1_000

    def await_listeners(self, *, begin: bool = True) -> None:
        """
        Wait until the camera knows of every listener that is there, and they of the camera.

        Then begin with a picture, unless some node is not to work yet.
        """
        wanted = {publisher.topic_name: publisher for publisher in self._publishers.values()}
        listeners = [
            subscription
            for node in self.graph.nodes.values()
            for subscription in node._subscriptions_here
            if subscription.place.topic in wanted
        ]
        count = Counter(listener.place.topic for listener in listeners)

        def is_connected() -> bool:
            # One side alone may be ahead, and what is sent then is lost before it is numbered.
            return all(
                publisher.get_subscription_count() == count[topic]
                for topic, publisher in wanted.items()
            ) and all((heard := one._ros) and heard.get_publisher_count() for one in listeners)

        self.wait(is_connected, f'the graph {self.name} to listen to {dict(count)}')
        if begin:
            # What is lost before the first message of a subscription, nobody can number.
            before = self.chain[0].stats.summary().received
            self.send_picture(0)
            self.wait(
                lambda: self.chain[0].stats.summary().received - before >= len(self._publishers),
                'the first picture',
            )

    def settle(self) -> None:
        """Wait until nothing is on its way."""
        self.wait(lambda: self.unexplained() == 0, f'every message of {self.name}', fail=False)

    def unexplained(self) -> int:
        """Return how many messages are neither done nor dropped for a reason."""
        found = [node.stats.summary() for node in self.chain]
        total = abs(sum(self.sent.values()) - found[0].received)
        total += self.asker.asked - self.asker.done - self.asker.refused
        if self.is_prompted:
            # Images and prompts are put aside for each other, which is neither done nor dropped.
            return total
        total += sum(abs(one.received - one.done - one.lost) for one in found)
        return total + sum(abs(one.done - after.received) for one, after in pairwise(found))

    def dropped(self) -> Counter[str]:
        """Return how many were dropped, by reason."""
        reasons: Counter[str] = Counter()
        for node in self.chain:
            reasons.update(node.stats.summary().dropped)
        return reasons

    def wait(self, condition: Callable[[], bool], what: str, *, fail: bool = True) -> None:
        """Wait for a condition; it is an error that it does not come true."""
        end = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                if fail:
                    raise TimeoutError(f'waited {_PATIENCE_S:g} s for {what}')
                return
            time.sleep(0.01)

    def _inputs(self) -> dict[str, type]:
        prompted = {'prompts': Detection2DArray, 'point': PointStamped}
        return {'image': Image, **(prompted if self.is_prompted else {})}

    def _listen(self) -> None:
        """Subscribe to the first topic of masks, so that somebody wants them."""
        speakers = [p for p in self.chain[-1].spoken_on() if p.place.kind is Image]
        self._node.create_subscription(Image, speakers[0].place.topic, self._take, _QOS)

    def _take(self, message: Image) -> None:
        self.delivered += 1


def image_of(pixels: np.ndarray) -> Image:
    """Return a message of pixels."""
    height, width = pixels.shape[:2]
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width)
    message.data = pixels.tobytes()
    return message


def detections_of(boxes: list[Any]) -> Detection2DArray:
    """Return boxes x1, y1, x2, y2 as a detector would send them."""
    message = Detection2DArray()
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        box = BoundingBox2D(size_x=float(x2 - x1), size_y=float(y2 - y1))
        box.center.position.x = float(x1 + x2) / 2
        box.center.position.y = float(y1 + y2) / 2
        message.detections.append(Detection2D(bbox=box, id=f'object_{number}'))
    return message


def click_on(boxes: list[Any]) -> PointStamped:
    """Return a click on the first object."""
    message = PointStamped()
    x1, y1, x2, y2 = boxes[0] if boxes else (0, 0, 2, 2)
    message.point.x, message.point.y = float(x1 + x2) / 2, float(y1 + y2) / 2
    return message
