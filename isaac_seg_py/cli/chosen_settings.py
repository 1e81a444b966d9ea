"""`--set name=value`: any setting of encoder or decoder from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..config import DecodeConfig, EncodeConfig
from ..errors import ConfigError
from ..settings import settings_of


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Return the values of `name=value` texts in the types that the settings want."""
    import yaml

    known = {**settings_of(EncodeConfig), **settings_of(DecodeConfig)}
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition('=')
        if not sign or name not in known:
            raise ConfigError(
                f'--set {text!r}: name=value is expected, where name is one of '
                f'{", ".join(sorted(known))}'
            )
        try:
            parsed = value if known[name].type_name == 'string' else yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f'--set {text!r}: the value cannot be read') from error
        found[name] = known[name].checked(parsed)
    return found
