"""`isaac-seg run`: a graph as composed nodes in this process, without a launch system."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import ConfigError
from ..graphs import find_graph, GRAPHS, NodeSpec
from ..graphs.params_file import with_params_file

HELP = 'run a graph of ROS 2 nodes in this process'
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
    parser.add_argument('--params-file', type=Path, help='YAML file of ROS parameters')
    parser.add_argument('--namespace', default='', help='namespace of the nodes')


def run(arguments: argparse.Namespace) -> int:
    """Run the graph until Ctrl-C."""
    graph = find_graph(arguments.graph)
    if arguments.show_args:
        print(f'{graph.name}: {graph.text}')
        for argument in graph.arguments:
            choices = f' ({", ".join(argument.choices)})' if argument.choices else ''
            print(f'  {argument.name}:={argument.default_text!s:<18} {argument.text}{choices}')
        return 0
    specs = graph.nodes(parse_assignments(arguments.arguments))
    if arguments.params_file:
        specs = with_params_file(specs, arguments.params_file, arguments.namespace)
    _spin(specs, arguments.namespace)
    return 0


def parse_assignments(texts: list[str]) -> dict[str, str]:
    """Return the values of `name:=value` texts."""
    given = {}
    for text in texts:
        name, sign, value = text.partition(':=')
        if not (sign and name):
            raise ConfigError(f'{text!r} came; name:=value is expected, as in source:=scene')
        given[name] = value
    return given


def _spin(specs: list[NodeSpec], namespace: str) -> None:
    from ..ros.hosting import run_graph

    run_graph(specs, namespace)
