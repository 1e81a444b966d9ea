"""Find composable nodes: only what an installed package registers, never a path."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points, EntryPoint
from typing import Any, Final

from rclpy.node import Node

from ..errors import ConfigError

GROUP: Final = 'rclpy_components'


def component_names() -> list[str]:
    """Return the names that `find_component` knows, as `package::Class`."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def find_component(package: str, plugin: str) -> type[Node]:
    """Return the node class of a plugin; raise ConfigError where there is none."""
    found: dict[str, EntryPoint] = {entry.name: entry for entry in entry_points(group=GROUP)}
    entry = found.get(plugin)
    if entry is None:
        close = difflib.get_close_matches(plugin, found, 1, 0.4)
        hint = f' Did you mean {close[0]}?' if close else ''
        raise ConfigError(
            f'no plugin {plugin!r} of package {package!r}.{hint} '
            f'Registered in group {GROUP} are: {", ".join(sorted(found)) or "none"}'
        )
    if package and package != plugin.partition('::')[0]:
        raise ConfigError(f'plugin {plugin!r} is not of package {package!r}')
    kind: Any = entry.load()
    if not (isinstance(kind, type) and issubclass(kind, Node)):
        raise ConfigError(f'plugin {plugin!r} is {kind!r}; an rclpy Node class is expected')
    return kind
