"""Run nodes in this process until they are told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import inspect
import sys
import time
import traceback
from typing import Final

import rclpy
from rclpy.exceptions import InvalidHandle
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node

from .process_start import prepare_process
from ..errors import SegmentationError

# So that a callback that fails each time does not fill the log as fast as it can.
_PAUSE_S: Final = 0.01


def run_node(kind: Callable[[], Node], arguments: Sequence[str] | None = None) -> None:
    """Run one node by itself; an error in its arguments is one line and exit code 2."""
    name = getattr(kind, 'default_name', 'isaac_seg_py')
    answer_help(f'{name} [--ros-args -p NAME:=VALUE -r FROM:=TO]', str(kind.__doc__))
    prepare_process()
    try:
        rclpy.init(args=list(arguments) if arguments is not None else None)
        node = kind()
    except (SegmentationError, RuntimeError, ValueError) as error:
        # The middleware tells of wrong arguments, names and files by a RuntimeError.
        get_logger(name).fatal(' '.join(str(error).split()))
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


def answer_help(usage: str, text: str) -> None:
    """Print how a program is called, and end, where that is asked for."""
    if {'-h', '--help'} & set(sys.argv[1:]):
        print(f'usage: {usage}\n\n{inspect.cleandoc(text)}\n')
        print('Parameters and topics: docs/parameters.md and docs/nodes.md of isaac_seg_py.')
        sys.exit(0)


def spin(executor: Executor) -> None:
    """
    Spin until a signal or a shutdown ends it, quietly.

    An error that leaves a callback is logged, and the others go on: one bad request must not take
    every node of the process with it.
    """
    while executor.context.ok():
        try:
            executor.spin()
        except (KeyboardInterrupt, ExternalShutdownException):
            return
        except InvalidHandle:
            # Something was destroyed while the executor gathered what to wait for; it looks anew.
            continue
        except Exception as error:
            # What a callback meets while a signal shuts the context down is no news.
            if not executor.context.ok():
                return
            get_logger('isaac_seg_py').error(
                f'a callback failed with {type(error).__name__}: {error}; the nodes go on\n'
                f'{traceback.format_exc()}',
                throttle_duration_sec=1.0,
            )
            time.sleep(_PAUSE_S)
        else:
            return
