"""Composition: the nodes of a graph in this process, without a launch system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rclpy.context import Context
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.parameter import Parameter

from .components import find_component
from ..closing import Closing
from ..graphs.graph import NodeSpec, PACKAGE


class Composition(Closing):
    """Owns the nodes of a graph; closing twice is harmless."""

    def __init__(
        self,
        specs: Iterable[NodeSpec],
        executor: Executor,
        *,
        namespace: str = '',
        context: Context | None = None,
        use_exchange: bool = True,
    ) -> None:
        """Make every node; where one fails, those before it are given back."""
        self._executor = executor
        self.nodes: dict[str, Node] = {}
        try:
            for spec in specs:
                node = _make(spec, namespace, context, use_exchange)
                self.nodes[spec.name] = node
                executor.add_node(node)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name: str) -> Any:
        """Return the node of that name."""
        return self.nodes[name]

    def close(self) -> None:
        """Take the nodes out of the executor and give them back, the first in the chain first."""
        for name in list(self.nodes):
            node = self.nodes.pop(name)
            self._executor.remove_node(node)
            node.destroy_node()


def _make(spec: NodeSpec, namespace: str, context: Context | None, use_exchange: bool) -> Node:
    kind: Any = find_component(PACKAGE, spec.full_plugin)
    arguments = ['--ros-args', '-r', f'__node:={spec.name}']
    for before, after in spec.remappings.items():
        arguments += ['-r', f'{before}:={after}']
    node: Node = kind(
        namespace=namespace or None,
        context=context,
        cli_args=arguments,
        use_global_arguments=False,
        parameter_overrides=[Parameter(k, value=v) for k, v in spec.parameters.items()],
        use_exchange=use_exchange,
    )
    return node
