"""Launch descriptions, made of the same graphs that `isaac-seg run` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer, LoadComposableNodes
from launch_ros.descriptions import ComposableNode

from launch import LaunchDescription

from .respawning import load_at_each_start
from ..graphs.graph import Argument, Graph, NodeSpec, PACKAGE
from ..graphs.params_file import with_params_file
from ..graphs.table import find_graph

_RESPAWN: Final = Argument(
    'respawn', True, 'Start a container again, with its nodes, when it has ended or crashed.'
)
_COMMON: Final = (
    Argument('container', '', 'Name of a running container to join. Empty: start one.'),
    Argument('namespace', '', 'Namespace of the nodes.'),
    Argument('params_file', '', 'YAML file of parameters; it wins over the arguments.'),
    Argument('log_level', 'info', 'Log level of a container that is started.'),
    _RESPAWN,
)
# Long enough that one that cannot start does not fill the screen.
_RESPAWN_DELAY_S: Final = 2.0


def describe(name: str) -> LaunchDescription:
    """Return the launch description of a graph."""
    graph = find_graph(name)
    declared = [
        DeclareLaunchArgument(
            argument.name,
            default_value=argument.default_text,
            description=argument.text,
            choices=list(argument.choices) or None,
        )
        for argument in (*graph.arguments, *_COMMON)
    ]
    return LaunchDescription(
        [*declared, OpaqueFunction(function=lambda context: _actions(context, graph))]
    )


def _actions(context: Any, graph: Graph) -> list[Any]:
    def value(name: str) -> str:
        text: str = LaunchConfiguration(name).perform(context)
        return text

    namespace = value('namespace')
    specs = graph.nodes({argument.name: value(argument.name) for argument in graph.arguments})
    if value('params_file'):
        specs = with_params_file(specs, Path(value('params_file')), namespace)

    def nodes() -> list[ComposableNode]:
        return [_composable(spec, namespace) for spec in specs]

    if value('container'):
        return [
            LoadComposableNodes(
                target_container=value('container'), composable_node_descriptions=nodes()
            )
        ]
    started = ComposableNodeContainer(
        package=PACKAGE,
        executable='component_container',
        name=f'{graph.name}_container',
        namespace=namespace,
        composable_node_descriptions=[],
        output='screen',
        arguments=['--ros-args', '--log-level', value('log_level')],
        respawn=bool(_RESPAWN.parsed(value('respawn'))),
        respawn_delay=_RESPAWN_DELAY_S,
    )
    return [load_at_each_start(started, nodes), started]


def _composable(spec: NodeSpec, namespace: str) -> ComposableNode:
    return ComposableNode(
        package=PACKAGE,
        plugin=spec.full_plugin,
        name=spec.name,
        namespace=namespace,
        parameters=[{name: _plain(value) for name, value in spec.parameters.items()}],
        remappings=list(spec.remappings.items()),
    )


def _plain(value: Any) -> Any:
    # launch_ros reads a text as YAML unless it is told that it is a text: '10' would be a number.
    from launch_ros.parameter_descriptions import ParameterValue

    return ParameterValue(value, value_type=str) if isinstance(value, str) else value
