"""One home for a setting: default, help text and limits stand beside the field that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
import difflib
import math
from typing import Any, Final, TypeVar

from .errors import ConfigError

_KEY: Final = 'setting'
_NEAREST: Final = 3
Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]
Config = TypeVar('Config')


@dataclass(frozen=True)
class Setting:
    """
    What is known of one setting beside its default.

    `live` settings may change while a node runs. `accepted` ones are taken for the sake of launch
    files that were written for Isaac ROS, and change nothing here. `complaint` is how the message
    for a wrong choice begins, where Isaac ROS has words of its own.
    """

    name: str
    default: Value
    text: str
    kind: type[Any]
    is_list: bool
    low: float | None = None
    high: float | None = None
    choices: tuple[Scalar, ...] = ()
    complaint: str = ''
    live: bool = False
    accepted: bool = False

    @property
    def type_name(self) -> str:
        """Return the type as a ROS user knows it."""
        name = {bool: 'bool', int: 'integer', float: 'double', str: 'string'}[self.kind]
        return f'{name}[]' if self.is_list else name

    def checked(self, value: Any) -> Value:
        """Return the value in its right type, or raise ConfigError."""
        if not self.is_list:
            return self._checked_scalar(value)
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            raise ConfigError(
                f'{self.name} is {value!r}; a list of {self.kind.__name__} is expected'
            )
        # Launch files cannot write an empty list of strings, so ROS users write [''] for it.
        if self.kind is str:
            value = [item for item in value if item != '']
        return tuple(self._checked_scalar(item) for item in value)

    def _checked_scalar(self, value: Any) -> Scalar:
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not self.kind:
            raise ConfigError(
                f'{self.name} is {value!r} ({type(value).__name__}); {self.type_name} is expected'
            )
        if self.choices and value not in self.choices:
            raise ConfigError(f'{self._complaint_of(value)}; it must be one of {self.limits}')
        if self.kind is float and not math.isfinite(value):
            raise ConfigError(f'{self.name} is {value!r}; a finite number is expected')
        below = self.low is not None and not value >= self.low
        above = self.high is not None and not value <= self.high
        if below or above:
            raise ConfigError(f'{self.name} is {value!r}; it must be {self.limits}')
        return value  # type: ignore[no-any-return]

    def _complaint_of(self, value: Scalar) -> str:
        if not self.complaint:
            return f'{self.name} is {value!r}'
        if value == '':
            return f'{self.complaint.replace("invalid", "empty")}!'
        return f'{self.complaint}: {value}'

    @property
    def limits(self) -> str:
        """Return the limits in words, '' when there are none."""
        if self.choices:
            return ', '.join(repr(choice) for choice in self.choices)
        if self.low is not None and self.high is not None:
            return f'{self.low:.10g} to {self.high:.10g}'
        if self.low is not None:
            return f'{self.low:.10g} or more'
        return f'{self.high:.10g} or less' if self.high is not None else ''


def setting(default: Any, text: str, *, kind: type[Any] | None = None, **more: Any) -> Any:
    """Declare a dataclass field; `kind` is the element type where the default list is empty."""
    is_list = isinstance(default, tuple)
    kind = kind or type(default[0] if is_list else default)
    return field(default=default, metadata={_KEY: {'text': text, 'kind': kind, **more}})


def settings_of(config: Any) -> dict[str, Setting]:
    """Return the settings of a config class or object by name."""
    found = {}
    for item in fields(config):
        if _KEY in item.metadata:
            is_list = isinstance(item.default, tuple)
            default: Any = item.default
            found[item.name] = Setting(item.name, default, is_list=is_list, **item.metadata[_KEY])
    return found


def check_settings(config: Any) -> None:
    """Check every setting of a frozen config object in its `__post_init__`."""
    for name, known in settings_of(config).items():
        object.__setattr__(config, name, known.checked(getattr(config, name)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the few names that are nearest, '' where none is near."""
    close = difflib.get_close_matches(name, list(known), _NEAREST)
    few = ' or '.join([', '.join(close[:-1]), close[-1]] if close[1:] else close)
    return f' Did you mean {few}?' if close else ''


def from_mapping(kind: type[Config], values: Mapping[str, Any]) -> Config:
    """Make a config object of named values; raise ConfigError for a name that it does not have."""
    known = settings_of(kind)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(
            f'unknown setting {", ".join(unknown)}; {kind.__name__} has {", ".join(sorted(known))}'
        )
    return kind(**values)
