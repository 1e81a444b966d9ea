"""Run nodes in this process until they are told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
import sys

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node

from ..errors import SegmentationError


def run_node(kind: Callable[[], Node], arguments: Sequence[str] | None = None) -> None:
    """Run one node by itself; an error in its settings is one line and exit code 2."""
    rclpy.init(args=list(arguments) if arguments is not None else None)
    name = getattr(kind, 'default_name', 'isaac_seg_py')
    try:
        node = kind()
    except SegmentationError as error:
        get_logger(name).fatal(str(error))
        rclpy.try_shutdown()
        sys.exit(2)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        spin(executor)
    finally:
        node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()


def spin(executor: Executor) -> None:
    """Spin until a signal or a shutdown ends it, quietly."""
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        executor.spin()
