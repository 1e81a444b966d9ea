"""Paths and YAML as people write them: what is wrong with them is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError

_LARGEST: Final = 1 << 20


def user_path(text: str | Path) -> Path:
    """Return a path whose `~` stands for a home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigError(f'{str(text)!r} names a home folder that is not there') from error


def load_yaml(text: str) -> Any:
    """Return what a YAML text says, read safely."""
    import yaml

    if len(text) > _LARGEST:
        raise ConfigError(f'{len(text)} characters of YAML came; {_LARGEST} are accepted')
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # Dates that do not exist and numbers of thousands of digits are no YAMLError.
        line = ' '.join(str(error).split())
        raise ConfigError(line or 'this is no YAML') from error


def read_yaml(path: Path, what: str) -> Any:
    """Return what a YAML file says; `what` names its kind in the error."""
    try:
        return load_yaml(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        line = ' '.join(str(error).split())
        raise ConfigError(f'{what} {str(path)!r} cannot be read: {line}') from error


def check_new_file(file: Path, *, overwrite: bool) -> None:
    """Refuse to lose a file, and to write one where a folder is."""
    if file.is_dir():
        raise ConfigError(f'{str(file)!r} is a folder; choose the name of a file')
    if file.exists() and not overwrite:
        raise ConfigError(f'{str(file)!r} is there; --overwrite replaces it')


@contextmanager
def folder_for_results(folder: Path) -> Iterator[None]:
    """
    Make a folder that work writes into.

    What cannot be written there is a ConfigError; where the work fails with nothing written, the
    folders that were made go again.
    """
    try:
        with empty_folders_go(folder):
            folder.mkdir(parents=True, exist_ok=True)
            yield
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ConfigError(
            f'results cannot be written to {str(folder)!r}: {error.strerror or error}. '
            'Choose another folder, or put that right'
        ) from error


@contextmanager
def empty_folders_go(folder: Path) -> Iterator[None]:
    """Where work fails, take the folders away that it made up to this one and left empty."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in made:
                path.rmdir()
        raise
