"""component_container: a process that `ros2 launch` and `ros2 component` load nodes into."""

from __future__ import annotations

from typing import Any

from composition_interfaces.srv import ListNodes, LoadNode, UnloadNode
import rclpy
from rclpy.executors import Executor, MultiThreadedExecutor, SingleThreadedExecutor
from rclpy.logging import LoggingSeverity
from rclpy.node import Node
from rclpy.parameter import Parameter

from .components import find_component
from .process_start import prepare_process
from .running import answer_help, spin
from .stage_node import StageNode
from ..errors import ConfigError, in_words


class ComponentContainer(Node):
    """Loads, lists and unloads nodes on request, as rclcpp's container does."""

    def __init__(self, executor: Executor, **options: Any) -> None:
        """Serve the three requests; loaded nodes run in the given executor."""
        super().__init__('ComponentManager', **options)
        self._spinner = executor
        self._nodes: dict[int, Node] = {}
        self._last_id = 0
        self.create_service(LoadNode, '~/_container/load_node', self._load)
        self.create_service(UnloadNode, '~/_container/unload_node', self._unload)
        self.create_service(ListNodes, '~/_container/list_nodes', self._list)
        self.get_logger().info(f'ready: load nodes into {self.get_fully_qualified_name()}')

    def destroy_node(self) -> None:
        """Unload every node, then this one."""
        for unique_id in list(self._nodes):
            self._remove(unique_id)
        super().destroy_node()

    def _load(self, request: LoadNode.Request, response: LoadNode.Response) -> LoadNode.Response:
        try:
            node = self._make(request)
        except Exception as error:
            response.error_message = in_words(error)
            response.success = False
            self.get_logger().error(
                f'could not load {request.plugin_name}: {response.error_message}'
            )
            return response
        self._last_id += 1
        self._nodes[self._last_id] = node
        self._spinner.add_node(node)
        response.success = True
        response.full_node_name = node.get_fully_qualified_name()
        response.unique_id = self._last_id
        self.get_logger().info(f'loaded {request.plugin_name} as {response.full_node_name}')
        return response

    def _make(self, request: LoadNode.Request) -> Node:
        kind: Any = find_component(request.package_name, request.plugin_name)
        # Looked at first: what fails when the node is there would leave it behind.
        level = LoggingSeverity(request.log_level)
        arguments = ['--ros-args']
        for rule in request.remap_rules:
            arguments += ['-r', rule]
        if request.node_name:
            # A rule, not the constructor's argument, so that any node class will do.
            arguments += ['-r', f'__node:={request.node_name}']
        if request.node_namespace:
            arguments += ['-r', f'__ns:={request.node_namespace}']
        node: Node = kind(
            context=self.context,
            cli_args=arguments,
            use_global_arguments=False,
            parameter_overrides=[Parameter.from_parameter_msg(p) for p in request.parameters],
            **self._extra(kind, request),
        )
        if request.log_level:
            node.get_logger().set_level(level)
        return node

    def _extra(self, kind: Any, request: LoadNode.Request) -> dict[str, Any]:
        extra = {p.name: Parameter.from_parameter_msg(p).value for p in request.extra_arguments}
        local = extra.pop('use_intra_process_comms', True)
        for name in extra:
            self.get_logger().warning(f'extra argument {name} is not known; it has no effect')
        if not isinstance(local, bool):
            raise ConfigError(
                f'extra argument use_intra_process_comms is {local!r}; true or false is expected'
            )
        return {'use_exchange': local} if issubclass(kind, StageNode) else {}

    def _unload(
        self, request: UnloadNode.Request, response: UnloadNode.Response
    ) -> UnloadNode.Response:
        if request.unique_id not in self._nodes:
            response.success = False
            response.error_message = (
                f'no node has id {request.unique_id}; loaded are {sorted(self._nodes) or "none"}'
            )
            return response
        self._remove(request.unique_id)
        response.success = True
        return response

    def _list(
        self, request: ListNodes.Request, response: ListNodes.Response
    ) -> ListNodes.Response:
        response.full_node_names = [n.get_fully_qualified_name() for n in self._nodes.values()]
        response.unique_ids = list(self._nodes)
        return response

    def _remove(self, unique_id: int) -> None:
        node = self._nodes.pop(unique_id)
        self._spinner.remove_node(node)
        node.destroy_node()


def run_container(executor_kind: type[Executor]) -> None:
    """Run a container until it is told to stop."""
    answer_help(
        'component_container [--ros-args -r __node:=NAME]',
        'A process that `ros2 launch` and `ros2 component load` load nodes into.',
    )
    prepare_process()
    rclpy.init()
    executor = executor_kind()
    container = ComponentContainer(executor)
    executor.add_node(container)
    try:
        spin(executor)
    finally:
        container.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()


def main() -> None:
    """Run a container with one thread for timers and services."""
    run_container(SingleThreadedExecutor)


def main_mt() -> None:
    """Run a container with several threads for timers and services."""
    run_container(MultiThreadedExecutor)
