"""ROS parameter files, read for the nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .graph import NodeSpec
from ..errors import ConfigError
from ..user_files import read_yaml


def with_params_file(specs: Iterable[NodeSpec], path: Path, namespace: str = '') -> list[NodeSpec]:
    """Return the nodes with what a parameter file says of them; the file wins over the graph."""
    sections = _read(path)
    specs = list(specs)
    names = {name for spec in specs for name in _names_of(spec.name, namespace)}
    strangers = [key for key in sections if key not in names]
    if strangers:
        known = ', '.join(spec.name for spec in specs)
        raise ConfigError(
            f'{path} has parameters for {", ".join(strangers)}; the nodes of this graph are '
            f'{known}, and /** means all of them'
        )
    return [_merged(spec, sections, namespace) for spec in specs]


def _merged(spec: NodeSpec, sections: Mapping[str, Mapping[str, Any]], namespace: str) -> NodeSpec:
    parameters = dict(spec.parameters)
    # The more exactly a section names the node, the later it comes and the more it counts.
    for name in _names_of(spec.name, namespace):
        parameters.update(sections.get(name, {}))
    return replace(spec, parameters=parameters)


def _names_of(name: str, namespace: str) -> list[str]:
    full = f'/{namespace.strip("/")}/{name}'.replace('//', '/')
    return list(dict.fromkeys(['/**', f'/**/{name}', name, full]))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    content = read_yaml(path, 'parameter file')
    sections = {}
    for key, section in (content or {}).items() if isinstance(content, dict) else [('', None)]:
        if not isinstance(section, dict) or set(section) != {'ros__parameters'}:
            raise ConfigError(
                f'parameter file {str(path)!r}: under {key!r} a single key '
                'ros__parameters is expected'
            )
        sections[str(key)] = dict(section['ros__parameters'] or {})
    return sections
