"""`isaac-seg run`: a graph as composed nodes in this process, without a launch system."""

from __future__ import annotations

import argparse
import sys

from .arguments.assignments import parse_assignments
from ..errors import ConfigError
from ..graphs import find_graph, GRAPHS
from ..graphs.graph import Graph
from ..graphs.params_file import with_params_file
from ..user_files import user_path

EXAMPLE = 'isaac-seg run unet source:=scene image:=/camera/image_raw'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('graph', help=f'one of {", ".join(GRAPHS)}')
    parser.add_argument(
        'arguments',
        nargs='*',
        metavar='NAME:=VALUE',
        help='arguments of the graph; see --show-args',
    )
    parser.add_argument('--show-args', action='store_true', help='list the arguments of the graph')
    parser.add_argument('--params-file', default='', help='YAML file of ROS parameters')
    parser.add_argument('--namespace', default='', help='namespace of the nodes')
    parser.add_argument(
        '--stats',
        action='store_true',
        help='tell the rates every 10 s, which is done without it on a terminal',
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the graph until Ctrl-C."""
    graph = find_graph(arguments.graph)
    if arguments.show_args:
        _show(graph)
        return 0
    given = parse_assignments(arguments.arguments)
    if given.pop('container', ''):
        raise ConfigError(
            'container:= is for `ros2 launch`; isaac-seg run makes the nodes in its own process: '
            f'leave it out, or use ros2 launch isaac_seg_py {graph.name}.launch.py'
        )
    params_file = _either('params_file', arguments.params_file, given)
    namespace = _either('namespace', arguments.namespace, given)
    specs = graph.nodes(given)
    if params_file:
        specs = with_params_file(specs, user_path(params_file), namespace)
    from ..ros.hosting import run_graph

    run_graph(specs, namespace, rates=arguments.stats or sys.stderr.isatty())
    return 0


def _either(name: str, option: str, given: dict[str, str]) -> str:
    """Return what an option says, or its form of a launch argument, and take that away."""
    assigned = given.pop(name, '')
    if option and assigned and option != assigned:
        raise ConfigError(
            f'{name} came twice, as {option!r} and as {assigned!r}; one of them is expected'
        )
    return option or assigned


def _show(graph: Graph) -> None:
    print(f'{graph.name}: {graph.text}')
    rows = [(f'{one.name}:={one.default_text}', one) for one in graph.arguments]
    width = max(len(left) for left, _ in rows)
    for left, one in rows:
        choices = f' One of {", ".join(one.choices)}.' if one.choices else ''
        print(f'  {left:<{width}}  {one.text}{choices}')
