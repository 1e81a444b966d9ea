"""What is checked before a bag is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
import re
from typing import Final

from ...errors import ConfigError

_NAME: Final = re.compile(r'[A-Za-z]\w*(/[A-Za-z]\w*)*', re.ASCII)


def check_name(name: str) -> None:
    """Refuse what cannot be part of a topic."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f'--name is {name!r}; letters, digits and _ are expected, as in a topic')


def refuse_input(files: Iterable[Path], output: Path) -> None:
    """Refuse to write over the bag that is read."""
    if output.exists() and any(
        output.samefile(file) or output.samefile(file.parent) for file in files
    ):
        raise ConfigError(f'{str(output)!r} is the input; choose another output')
