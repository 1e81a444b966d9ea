"""Options that verbs share: what runs the network, and `--set` for any setting of its stages."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, Final

from ...automatic_config import AutomaticConfig
from ...catalog.model_folders import find_manifest
from ...config import DecodeConfig, EncodeConfig
from ...errors import ConfigError, SegmentationError
from ...families import FAMILIES
from ...families.sam import SAM
from ...families.sam2 import SAM2
from ...infer_config import InferConfig
from ...instance_config import InstanceConfig
from ...prompt_config import PromptConfig
from ...settings import did_you_mean, Setting, settings_of
from ...track_config import TrackConfig
from ...user_files import load_yaml

KINDS: Final[tuple[type, ...]] = (
    InferConfig,
    EncodeConfig,
    DecodeConfig,
    InstanceConfig,
    PromptConfig,
    AutomaticConfig,
)
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


def parse_settings(
    texts: Iterable[str], kinds: Iterable[type] = KINDS, *, model: str = ''
) -> dict[str, Any]:
    """
    Return the values of `name=value` texts in the types that settings of these kinds want.

    An error names the settings of the model, where one is given.
    """
    known = _known(kinds)
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition('=')
        if not sign:
            raise ConfigError(f'--set {text!r}: name=value is expected, as in threshold=0.4')
        if name not in known:
            mine = _known(_kinds_of(model)) if model else known
            # What is only taken for the sake of Isaac ROS's launch files helps nobody here.
            fitting = [one for one, fact in mine.items() if not fact.accepted]
            raise ConfigError(
                f'--set {text!r}: there is no setting {name!r}.'
                f'{did_you_mean(name.strip(), fitting)} docs/parameters.md lists all'
            )
        try:
            parsed = value if known[name].type_name == 'string' else load_yaml(value)
        except ConfigError as error:
            raise ConfigError(f'--set {text!r}: the value cannot be read: {error}') from error
        found[name] = known[name].checked(parsed)
    return found


def check_range(arguments: argparse.Namespace, name: str, low: float, high: float) -> None:
    """Raise ConfigError for an option beyond its limits."""
    given = getattr(arguments, name)
    if not low <= given <= high:
        option = '--' + name.replace('_', '-')
        raise ConfigError(f'{option} is {given:g}; {low:g} to {high:g} is expected')


def _known(kinds: Iterable[type]) -> dict[str, Setting]:
    known = {name: one for kind in kinds for name, one in settings_of(kind).items()}
    return {name: one for name, one in known.items() if name not in _OPTIONS}


def _kinds_of(model: str) -> tuple[type, ...]:
    """Return the kinds of settings that a model has, all where its manifest does not say."""
    try:
        family = find_manifest(model).family
    except SegmentationError:
        return KINDS
    own: tuple[type, ...] = ()
    if family == SAM.name:
        own = (PromptConfig, AutomaticConfig)
    elif family == SAM2.name:
        own = (TrackConfig,)
    elif family in FAMILIES:
        own = (FAMILIES[family].config,)
    return (InferConfig, EncodeConfig, *own) if own else KINDS
