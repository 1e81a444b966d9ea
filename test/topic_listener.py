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
        self.heard: dict[str, list[Any]] = {topic: [] for topic in kinds}
        for topic, kind in kinds.items():
            node.create_subscription(kind, topic, self.heard[topic].append, qos)

    def __getitem__(self, topic: str) -> list[Any]:
        """Return what came on a topic."""
        return self.heard[topic]

    def are_known_to(self, graph: Composition) -> bool:
        """Say whether every node that publishes one of the topics knows that it is heard."""
        outs = [p for node in graph.nodes.values() for p in node._publishers_here]
        mine = [p for p in outs if p.place.topic[1:] in self.heard]
        return len(mine) == len(self.heard) and all(p._is_heard_outside() for p in mine)

    def have(self, count: int) -> bool:
        """Say whether so many messages came on each topic."""
        return all(len(heard) >= count for heard in self.heard.values())
