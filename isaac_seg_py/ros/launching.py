"""Launch descriptions, made of the same graphs that `isaac-seg run` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer, LoadComposableNodes
from launch_ros.descriptions import ComposableNode

from launch import LaunchDescription

from ..graphs.graph import Graph, NodeSpec, PACKAGE
from ..graphs.params_file import with_params_file
from ..graphs.table import find_graph

_COMMON: Final = (
    ('container', '', 'Name of a running container to join. Empty: start one.'),
    ('namespace', '', 'Namespace of the nodes.'),
    ('params_file', '', 'YAML file of parameters; it wins over the arguments.'),
    ('log_level', 'info', 'Log level of a container that is started.'),
)


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
        for argument in graph.arguments
    ]
    declared += [
        DeclareLaunchArgument(key, default_value=default, description=text)
        for key, default, text in _COMMON
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
    nodes = [_composable(spec, namespace) for spec in specs]
    if value('container'):
        return [
            LoadComposableNodes(
                target_container=value('container'), composable_node_descriptions=nodes
            )
        ]
    return [
        ComposableNodeContainer(
            package=PACKAGE,
            executable='component_container',
            name=f'{graph.name}_container',
            namespace=namespace,
            composable_node_descriptions=nodes,
            output='screen',
            arguments=['--ros-args', '--log-level', value('log_level')],
        )
    ]


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
