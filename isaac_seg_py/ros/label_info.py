"""What a listener must know to read masks, told to everyone who comes, however late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header
from vision_msgs.msg import VisionClass

_QOS: Final = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class LatchedTopic:
    """Publishes messages of which the middleware keeps the last for those who come later."""

    def __init__(self, node: Node, kind: type, topic: str) -> None:
        """Offer the topic."""
        self._node = node
        self._kind = kind
        self._publisher = node.create_publisher(kind, topic, _QOS)
        self._said: dict[str, Any] | None = None

    def say(self, **fields: Any) -> None:
        """Publish a message of these fields, stamped now, unless they were said last."""
        if fields != self._said:
            self._said = fields
            header = Header(stamp=self._node.get_clock().now().to_msg())
            self._publisher.publish(self._kind(header=header, **fields))


def class_map(names: Sequence[str]) -> list[VisionClass]:
    """Return the classes of a LabelInfo message."""
    return [VisionClass(class_id=number, class_name=name) for number, name in enumerate(names)]
