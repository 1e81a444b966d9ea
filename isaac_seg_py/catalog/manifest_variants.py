"""
The models that a manifest file describes: one, or several that have most in common.

What stands beside `variants` counts for all of them. A variant's own `input`, `output` and `infer`
are laid over those, key by key; its other entries take their place. `{name}` in a text stands for
the name of the variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, ManifestError
from ..user_files import read_yaml

MERGED: Final = ('input', 'output', 'infer')
_LARGEST: Final = 1 << 20
_MOST_VALUES: Final = 100_000


def read_variants(path: Path) -> Mapping[str, Any]:
    """Return what a file says of each of its variants; of a model alone, by the name ''."""
    try:
        facts = path.stat()
        if facts.st_size > _LARGEST or not path.is_file():
            raise ManifestError(
                f'manifest {str(path)!r} is no file, or has more than {_LARGEST} bytes'
            )
    except FileNotFoundError as error:
        raise ManifestError(f'manifest {str(path)!r} does not exist') from error
    except OSError as error:
        raise ManifestError(f'manifest {str(path)!r} cannot be read: {error.strerror}') from error
    return _read(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, *_: int) -> Mapping[str, Any]:
    try:
        content = read_yaml(path, 'manifest')
    except ConfigError as error:
        raise ManifestError(str(error)) from error
    _check_plain(content, path)
    if not isinstance(content, dict):
        raise ManifestError(
            f'manifest {str(path)!r} is a {type(content).__name__}; names and values are expected'
        )
    if 'variants' not in content:
        return {'': content}
    variants = content['variants']
    if not isinstance(variants, dict) or not variants:
        raise ManifestError(f'manifest {str(path)!r}: variants are no names with values')
    common = {key: value for key, value in content.items() if key != 'variants'}
    return {str(name): _variant(str(name), common, own, path) for name, own in variants.items()}


def _variant(name: str, common: dict[str, Any], own: Any, path: Path) -> dict[str, Any]:
    own = own or {}
    if not isinstance(own, dict):
        raise ManifestError(f'manifest {str(path)!r}: variant {name!r} is no names with values')
    content = {**common, **own, 'name': name}
    for key in MERGED:
        if isinstance(common.get(key), dict) and isinstance(own.get(key), dict):
            content[key] = {**common[key], **own[key]}
    return {key: _named(value, name) for key, value in content.items()}


def _named(value: Any, name: str) -> Any:
    """Put the name of the variant in the place of `{name}`."""
    if isinstance(value, str):
        return value.replace('{name}', name)
    if isinstance(value, dict):
        return {key: _named(item, name) for key, item in value.items()}
    return value


def _check_plain(content: Any, path: Path) -> None:
    """Refuse what is repeated or nested without end, before anybody walks through it."""
    waiting = [(content, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > 8 or seen > _MOST_VALUES:
            raise ManifestError(
                f'manifest {str(path)!r} is nested more than 8 deep, or says more than '
                f'{_MOST_VALUES} things (an alias says all of its anchor again)'
            )
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, (list, tuple, set)):
            waiting += [(item, depth + 1) for item in value]
