"""Graph, NodeSpec, Argument: what a launch file and `isaac-seg run` both read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import difflib
from typing import Any, Final

from ..errors import ConfigError

PACKAGE: Final = 'isaac_seg_py'
_TRUE: Final = {'true': True, 'false': False}


@dataclass(frozen=True)
class NodeSpec:
    """One composable node: its class, its name, and what it is told."""

    plugin: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    remappings: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_plugin(self) -> str:
        """Return the plugin as a container knows it."""
        return f'{PACKAGE}::{self.plugin}'


@dataclass(frozen=True)
class Argument:
    """
    One argument of a graph.

    It arrives as text. `default` decides what the text means: a bool wants true or false, a number
    a number, a text stays as it is.
    """

    name: str
    default: bool | int | float | str
    text: str
    choices: tuple[str, ...] = ()

    def parsed(self, given: str) -> bool | int | float | str:
        """Return the value that a text means."""
        if self.choices and given not in self.choices:
            raise ConfigError(
                f'{self.name} is {given!r}; it must be one of {", ".join(self.choices)}'
            )
        if isinstance(self.default, bool):
            if given.lower() not in _TRUE:
                raise ConfigError(f'{self.name} is {given!r}; true or false is expected')
            return _TRUE[given.lower()]
        if isinstance(self.default, str):
            return given
        try:
            return type(self.default)(given)
        except ValueError as error:
            kind = 'a whole number' if isinstance(self.default, int) else 'a number'
            raise ConfigError(f'{self.name} is {given!r}; {kind} is expected') from error

    @property
    def default_text(self) -> str:
        """Return the default as a user would type it."""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)


@dataclass(frozen=True)
class Graph:
    """A named graph: its arguments, and the nodes that values of these make."""

    name: str
    text: str
    arguments: tuple[Argument, ...]
    build: Callable[[Mapping[str, Any]], list[NodeSpec]]

    def nodes(self, given: Mapping[str, str]) -> list[NodeSpec]:
        """Return the nodes for arguments given as text; those left out keep their defaults."""
        known = {argument.name: argument for argument in self.arguments}
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = f' Did you mean {close[0]}?' if close else ''
                raise ConfigError(
                    f'graph {self.name} has no argument {name!r}.{hint} '
                    f'It has {", ".join(sorted(known))}'
                )
        values = {
            name: argument.parsed(given[name]) if name in given else argument.default
            for name, argument in known.items()
        }
        return self.build(values)
