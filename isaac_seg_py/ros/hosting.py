"""Run a graph in this process until it is told to stop."""

from __future__ import annotations

from collections.abc import Iterable

import rclpy
from rclpy.executors import SingleThreadedExecutor

from .composition import Composition
from .running import spin
from ..graphs.graph import NodeSpec


def run_graph(specs: Iterable[NodeSpec], namespace: str = '') -> None:
    """Make the nodes, say that they run, and spin until Ctrl-C."""
    rclpy.init(args=[])
    try:
        executor = SingleThreadedExecutor()
        with Composition(specs, executor, namespace=namespace) as graph:
            for node in graph.nodes.values():
                node.get_logger().info('running')
            spin(executor)
    finally:
        rclpy.try_shutdown()
