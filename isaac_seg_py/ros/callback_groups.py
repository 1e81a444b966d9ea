"""What rclpy keeps of entities that are destroyed."""

from __future__ import annotations

from rclpy.node import Node


def forget_destroyed(node: Node) -> None:
    """
    Drop what the callback group of a node keeps of entities that are gone.

    rclpy adds a weak reference for each one that is made, and takes none of them out again: a
    node that is set up anew each minute would grow for ever.
    """
    entities = node.default_callback_group.entities
    # A copy: the executor looks into the set meanwhile, for others, which stay in it.
    for one in [one for one in tuple(entities) if one() is None]:
        entities.discard(one)
