"""Hears topics with plain rclpy, from a participant of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isaac_seg_py.ros.composition import Composition
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

QOS = QoSProfile(depth=50)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Topics:
    """Keeps what comes on some topics."""

    def __init__(self, node: Node, kinds: Mapping[str, type], qos: QoSProfile = QOS) -> None:
        """Subscribe to topics of these message types."""
        self._node = node
        self._name = node.get_name()
        self.heard: dict[str, list[Any]] = {}
        for topic, kind in kinds.items():
            self.hear(topic, kind, qos)

    def hear(self, topic: str, kind: type, qos: QoSProfile = QOS) -> None:
        """Subscribe to one more topic."""
        heard = self.heard[topic] = []
        self._node.create_subscription(kind, topic, heard.append, qos)

    def __getitem__(self, topic: str) -> list[Any]:
        """Return what came on a topic."""
        return self.heard[topic]

    def are_known_to(self, graph: Composition) -> bool:
        """Say whether every node that publishes one of the topics knows that it is heard."""
        outs = [p for node in graph.nodes.values() for p in node._publishers_here]
        mine = [p for p in outs if p.place.topic[1:] in self.heard]
        return len(mine) == len(self.heard) and all(self._is_known_to(p) for p in mine)

    def _is_known_to(self, publisher: Any) -> bool:
        # Its count alone may be of a subscription of its own process, which is going just now.
        found = publisher._node.get_subscriptions_info_by_topic(publisher.place.topic)
        there = any(one.node_name == self._name for one in found)
        return there and publisher._is_heard_outside()

    def have(self, count: int) -> bool:
        """Say whether so many messages came on each topic."""
        return all(len(heard) >= count for heard in self.heard.values())
