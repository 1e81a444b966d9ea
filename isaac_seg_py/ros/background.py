"""An executor that spins in a thread, for programs that do something else meanwhile."""

from __future__ import annotations

import threading

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from .running import spin
from ..closing import Closing


class Background(Closing):
    """
    A context of its own with an executor that spins in a thread.

        with Background() as ros:
            ros.add(MyNode(context=ros.context))
    """

    def __init__(self) -> None:
        """Start spinning."""
        self.context = Context()
        rclpy.init(args=[], context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self._nodes: list[Node] = []
        self._thread = threading.Thread(target=spin, args=(self.executor,), daemon=True)
        self._thread.start()

    def add(self, node: Node) -> None:
        """Spin a node; it is destroyed at the end."""
        self._nodes.append(node)
        self.executor.add_node(node)

    def close(self) -> None:
        """Stop spinning and destroy the nodes; closing twice is harmless."""
        for node in self._nodes:
            self.executor.remove_node(node)
            node.destroy_node()
        self._nodes.clear()
        self.executor.shutdown()
        self._thread.join()
        rclpy.try_shutdown(context=self.context)
