"""Values on the command line as `ros2 launch` takes them: `name:=value`."""

from __future__ import annotations

from ...errors import ConfigError


def parse_assignments(texts: list[str]) -> dict[str, str]:
    """Return the values of `name:=value` texts."""
    given = {}
    for text in texts:
        name, sign, value = text.partition(':=')
        if not (sign and name):
            raise ConfigError(f'{text!r} came; name:=value is expected, as in source:=scene')
        given[name] = value
    return given
