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
    which may refuse it with a ConfigError; then nothing has changed. The others may change while
    `is_fixed` says no; without it they never do.
    """

    def __init__(
        self,
        node: Node,
        kinds: Sequence[type],
        *,
        defaults: Mapping[str, Any],
        on_change: Callable[[Any], None],
        is_fixed: Callable[[], bool] | None = None,
    ) -> None:
        """
        Declare every setting of the classes and read the values given.

        `defaults` stand in for the classes' own, as a model's manifest knows better.
        """
        self._node = node
        self._on_change = on_change
        self._is_fixed = is_fixed
        self._is_renewing = False
        self.given = {name: one.value for name, one in node._parameter_overrides.items()}
        self._configs: dict[type, Any] = {}
        self._homes: dict[str, type] = {}
        self._told: set[str] = set()
        for kind in kinds:
            known = settings_of(kind)
            values = {name: self._value(one, defaults) for name, one in known.items()}
            for name, value in values.items():
                self._declare(known[name], value)
            self._homes.update(dict.fromkeys(values, kind))
            self._configs[kind] = kind(**values)
        self._warn_of_unknown()
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, kind: type[Config]) -> Config:
        """Return the config object of that class."""
        config: Config = self._configs[kind]
        return config

    def renew(self, defaults: Mapping[str, Any]) -> None:
        """Read every setting anew: those that nobody gave follow these defaults."""
        configs, changed = {}, []
        for kind, before in self._configs.items():
            values = {
                name: self._value(known, defaults) for name, known in settings_of(kind).items()
            }
            configs[kind] = kind(**values)
            changed += [
                _parameter(known, values[name])
                for name, known in settings_of(kind).items()
                if values[name] != getattr(before, name)
            ]
        self._set(changed)
        self._configs = configs

    def tell(self, name: str, value: Sequence[str]) -> None:
        """Show what the node knows as a parameter that nobody else may change."""
        kind = Parameter.Type.STRING_ARRAY
        if name not in self._told:
            descriptor = ParameterDescriptor(name=name, type=kind.value)
            self._node.declare_parameter(name, [''], descriptor, ignore_override=True)
            self._told.add(name)
        self._set([Parameter(name, kind, list(value))])

    def _set(self, parameters: list[Parameter[Any]]) -> None:
        self._is_renewing = True
        try:
            self._node.set_parameters(parameters)
        finally:
            self._is_renewing = False

    def _value(self, known: Setting, defaults: Mapping[str, Any]) -> Any:
        # Checked here, not by rclpy, so that 1 does for 1.0 and the message says what to do.
        given = self.given.get(known.name)
        return known.checked(defaults.get(known.name, known.default) if given is None else given)

    def _declare(self, known: Setting, value: Any) -> None:
        parameter = _parameter(known, value)
        self._node.declare_parameter(
            known.name,
            parameter.value,
            _descriptor(known, parameter.type_, fixed=self._is_fixed is None and not known.live),
            ignore_override=True,
        )

    def _warn_of_unknown(self) -> None:
        known = {*self._homes, 'use_sim_time'}
        for name in sorted(set(self._node._parameter_overrides) - known):
            if name.startswith(('qos_overrides.', 'start_type_description_service')):
                continue
            close = difflib.get_close_matches(name, known, 1)
            hint = f'; did you mean {close[0]}?' if close else ''
            self._node.get_logger().warning(f'parameter {name} is not known to this node{hint}')

    def _on_set(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        if self._is_renewing:
            return SetParametersResult(successful=True)
        changed: dict[type, dict[str, Any]] = {}
        try:
            for parameter in parameters:
                kind = self._homes.get(parameter.name)
                if kind is not None:
                    self._check_free(settings_of(kind)[parameter.name])
                    changed.setdefault(kind, {})[parameter.name] = parameter.value
                elif parameter.name in self._told:
                    raise ConfigError(f'{parameter.name} is what the node says, and read-only')
            configs = {
                kind: dataclasses.replace(self._configs[kind], **values)
                for kind, values in changed.items()
            }
            for config in configs.values():
                self._on_change(config)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._configs.update(configs)
        for values in changed.values():
            self.given.update(values)
        return SetParametersResult(successful=True)

    def _check_free(self, known: Setting) -> None:
        if not known.live and self._is_fixed is not None and self._is_fixed():
            name = self._node.get_fully_qualified_name()
            raise ConfigError(
                f'{known.name} is read-only while the node is configured; `ros2 lifecycle set '
                f'{name} cleanup` frees it (after deactivate), and configure takes the new value'
            )


def _parameter(known: Setting, value: Any) -> Parameter[Any]:
    kind = _TYPES[known.kind, known.is_list]
    return Parameter(known.name, kind, list(value) if isinstance(value, tuple) else value)


def _descriptor(known: Setting, kind: Parameter.Type, *, fixed: bool) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        name=known.name,
        type=kind.value,
        description=known.text,
        additional_constraints=known.limits,
        read_only=fixed,
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
