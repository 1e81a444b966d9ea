"""Options that verbs share: what runs the network, and `--set` for any setting of its stages."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, Final

from ..automatic_config import AutomaticConfig
from ..config import DecodeConfig, EncodeConfig
from ..errors import ConfigError
from ..infer_config import InferConfig
from ..instance_config import InstanceConfig
from ..prompt_config import PromptConfig
from ..settings import settings_of
from ..user_files import load_yaml

# These have options of their own.
_OPTIONS: Final = ('model', 'model_file_path', 'backend', 'threads')


def add_backend(parser: argparse._ActionsContainer) -> None:
    """Declare what runs a network."""
    add = parser.add_argument
    add('--backend', default='auto', help='library that runs the network (%(default)s)')
    add('--threads', type=int, default=0, help='threads for a network on the CPU; 0: one per core')


def add_settings(parser: argparse._ActionsContainer) -> None:
    """Declare `--set`."""
    parser.add_argument(
        '--set',
        action='append',
        default=[],
        metavar='NAME=VALUE',
        help='any other setting of encoder, inference or decoder, see docs/parameters.md',
    )


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Return the values of `name=value` texts in the types that the settings want."""
    kinds = (
        InferConfig,
        EncodeConfig,
        DecodeConfig,
        InstanceConfig,
        PromptConfig,
        AutomaticConfig,
    )
    known = {name: one for kind in kinds for name, one in settings_of(kind).items()}
    known = {name: one for name, one in known.items() if name not in _OPTIONS}
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition('=')
        if not sign or name not in known:
            raise ConfigError(
                f'--set {text!r}: name=value is expected, where name is one of '
                f'{", ".join(sorted(known))}'
            )
        try:
            parsed = value if known[name].type_name == 'string' else load_yaml(value)
        except ConfigError as error:
            raise ConfigError(f'--set {text!r}: the value cannot be read: {error}') from error
        found[name] = known[name].checked(parsed)
    return found
