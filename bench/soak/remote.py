"""A process of its own that subscribes to what a graph publishes, and leaves again, for ever."""

from __future__ import annotations

from importlib import import_module
import time
from typing import Any

from isaac_seg_py.ros.background import Background
from rclpy.node import Node
from rclpy.qos import QoSProfile

STAYS_S, IS_AWAY_S = 3.0, 3.0


def kind_of(name: str) -> Any:
    """Return the class of a message type, such as sensor_msgs/msg/Image."""
    package, _, kind = name.split('/')
    return getattr(import_module(f'{package}.msg'), kind)


def visit() -> None:
    """Subscribe to every topic that is there, for a while."""
    with Background() as ros:
        node = Node('remote', context=ros.context)
        ros.add(node)
        end = time.monotonic() + STAYS_S
        known: set[str] = set()
        while time.monotonic() < end:
            for topic, (kind, *_) in node.get_topic_names_and_types():
                if topic not in known and kind.startswith(('sensor_msgs/', 'vision_msgs/', 'std')):
                    known.add(topic)
                    node.create_subscription(
                        kind_of(kind), topic, lambda message: None, QoSProfile(depth=5)
                    )
            time.sleep(0.2)


if __name__ == '__main__':
    while True:
        visit()
        time.sleep(IS_AWAY_S)
