"""Config classes become declared ROS parameters, and declared parameters become config objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import difflib
from typing import Any, Final, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from ..errors import ConfigError
from ..settings import Setting, settings_of

Config = TypeVar('Config')

_TYPES: Final = {
    (bool, False): Parameter.Type.BOOL,
    (int, False): Parameter.Type.INTEGER,
    (float, False): Parameter.Type.DOUBLE,
    (str, False): Parameter.Type.STRING,
    (bool, True): Parameter.Type.BOOL_ARRAY,
    (int, True): Parameter.Type.INTEGER_ARRAY,
    (float, True): Parameter.Type.DOUBLE_ARRAY,
    (str, True): Parameter.Type.STRING_ARRAY,
}


class Parameters:
    """
    The parameters of a node, as one frozen config object of each class.

    A live setting may change: the new config object is made, checked and given to `on_change`,
    which may refuse it with a ConfigError; then nothing has changed.
    """

    def __init__(
        self,
        node: Node,
        kinds: Sequence[type],
        *,
        defaults: Mapping[str, Any],
        on_change: Callable[[Any], None],
    ) -> None:
        """
        Declare every setting of the classes and read the values given.

        `defaults` stand in for the classes' own, as a model's manifest knows better.
        """
        self._node = node
        self._on_change = on_change
        self._defaults = defaults
        self._configs: dict[type, Any] = {}
        self._homes: dict[str, type] = {}
        for kind in kinds:
            values = {name: self._declare(known) for name, known in settings_of(kind).items()}
            self._homes.update(dict.fromkeys(values, kind))
            self._configs[kind] = kind(**values)
        self._warn_of_unknown()
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, kind: type[Config]) -> Config:
        """Return the config object of that class."""
        config: Config = self._configs[kind]
        return config

    def _declare(self, known: Setting) -> Any:
        # Checked here, not by rclpy, so that 1 does for 1.0 and the message says what to do.
        given = self._node._parameter_overrides.get(known.name)
        default = self._defaults.get(known.name, known.default)
        value = known.checked(default if given is None else given.value)
        kind = _TYPES[known.kind, known.is_list]
        parameter = Parameter(known.name, kind, list(value) if isinstance(value, tuple) else value)
        self._node.declare_parameter(
            known.name, parameter.value, _descriptor(known, kind), ignore_override=True
        )
        return value

    def _warn_of_unknown(self) -> None:
        known = {*self._homes, 'use_sim_time'}
        for name in sorted(set(self._node._parameter_overrides) - known):
            if name.startswith(('qos_overrides.', 'start_type_description_service')):
                continue
            close = difflib.get_close_matches(name, known, 1)
            hint = f'; did you mean {close[0]}?' if close else ''
            self._node.get_logger().warning(f'parameter {name} is not known to this node{hint}')

    def _on_set(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        changed: dict[type, dict[str, Any]] = {}
        for parameter in parameters:
            kind = self._homes.get(parameter.name)
            if kind is not None:
                changed.setdefault(kind, {})[parameter.name] = parameter.value
        try:
            configs = {
                kind: dataclasses.replace(self._configs[kind], **values)
                for kind, values in changed.items()
            }
            for config in configs.values():
                self._on_change(config)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._configs.update(configs)
        return SetParametersResult(successful=True)


def _descriptor(known: Setting, kind: Parameter.Type) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        name=known.name,
        type=kind.value,
        description=known.text,
        additional_constraints=known.limits,
        read_only=not known.live,
        # An empty list has no type that rclpy knows: the config class alone checks lists.
        dynamic_typing=known.is_list,
    )
    if known.low is not None and known.high is not None and not known.is_list:
        if known.kind is int:
            bounds = IntegerRange(from_value=int(known.low), to_value=int(known.high), step=0)
            descriptor.integer_range = [bounds]
        elif known.kind is float:
            bounds = FloatingPointRange(from_value=known.low, to_value=known.high, step=0.0)
            descriptor.floating_point_range = [bounds]
    return descriptor
