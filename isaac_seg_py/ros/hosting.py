"""Run a graph in this process until it is told to stop."""

from __future__ import annotations

from collections.abc import Iterable

import rclpy
from rclpy.exceptions import NameValidationException
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.validate_namespace import validate_namespace

from .composition import Composition
from .process_start import prepare_process
from .run_report import RunReport
from .running import spin
from ..errors import ConfigError, SegmentationError
from ..graphs.graph import NodeSpec


def run_graph(specs: Iterable[NodeSpec], namespace: str = '', *, rates: bool = False) -> None:
    """Make the nodes, say what they publish, and spin until Ctrl-C."""
    if namespace:
        _check_namespace(namespace)
    prepare_process()
    rclpy.init(args=[])
    try:
        executor = SingleThreadedExecutor()
        with (
            _composed(specs, executor, namespace) as graph,
            RunReport(graph.nodes.values(), rates=rates),
        ):
            spin(executor)
    except ExternalShutdownException:
        # It was told to stop before it had begun.
        return
    finally:
        rclpy.try_shutdown()


def _composed(specs: Iterable[NodeSpec], executor: Executor, namespace: str) -> Composition:
    try:
        return Composition(specs, executor, namespace=namespace)
    except Exception as error:
        # What goes wrong while a signal shuts the context down is no news: a library whose import
        # it breaks off looks as if it were not installed.
        if not executor.context.ok():
            raise ExternalShutdownException from error
        told = isinstance(error, SegmentationError)
        if told or not isinstance(error, (NameValidationException, RuntimeError)):
            raise
        # The middleware tells of wrong names of topics by a RuntimeError.
        raise ConfigError(f'the nodes cannot be made: {error}') from error


def _check_namespace(namespace: str) -> None:
    try:
        validate_namespace(namespace if namespace.startswith('/') else f'/{namespace}')
    except NameValidationException as error:
        raise ConfigError(
            f'the namespace is {namespace!r}; letters, digits and _ with / between them are '
            'expected, no digit first'
        ) from error
