"""Names and colours of classes: sets that many models share, and the files of jetson-inference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
import re
from typing import Any, Final

from ..errors import ConfigError
from ..palette import Palette
from ..user_files import read_yaml

_LARGEST: Final = 1 << 20
_MOST: Final = 65535
_NOBODY: Final = 'none'
_NAME: Final = re.compile(r'[A-Za-z0-9_-]+')


@dataclass(frozen=True)
class LabelSet:
    """The names of classes, as many colours 0xRRGGBB, and which is the background (-1: none)."""

    labels: tuple[str, ...]
    palette: tuple[int, ...]
    background: int = 0


def find_label_set(name: str, folders: Iterable[Path]) -> LabelSet:
    """Return the set `labels/NAME.yaml` of the first folder that has it."""
    known: list[str] = []
    for folder in folders:
        path = folder / 'labels' / f'{name}.yaml'
        if _NAME.fullmatch(name) and path.is_file():
            return _read(path, path.stat().st_mtime_ns)
        known += sorted(file.stem for file in (folder / 'labels').glob('*.yaml'))
    raise ConfigError(
        f'there are no labels {name!r}; known are {", ".join(dict.fromkeys(known)) or "none"}, '
        'and a list of names does as well'
    )


@lru_cache(maxsize=32)
def _read(path: Path, _: int) -> LabelSet:
    content = read_yaml(path, 'labels')
    classes = content.get('classes') if isinstance(content, dict) else None
    if not isinstance(classes, dict) or not classes:
        raise ConfigError(f'labels {str(path)!r} have no classes; `classes: {{name: 0xRRGGBB}}`')
    for name, color in classes.items():
        if type(color) is not int or not 0 <= color <= 0xFFFFFF:
            raise ConfigError(
                f'labels {str(path)!r}: the colour of {name!r} is wrong; 0xRRGGBB is expected'
            )
    labels = label_texts(list(classes))
    return LabelSet(labels, tuple(classes.values()), background_number(content, labels))


def background_number(content: Mapping[str, Any], labels: Sequence[str], default: int = 0) -> int:
    """Return the class that `background` names, -1 for none, the default where it is left out."""
    if 'background' not in content:
        return default
    value = content['background']
    if value == _NOBODY:
        return -1
    most = len(labels) or _MOST
    # True is a number for Python.
    if type(value) is not int or not 0 <= value < most:
        raise ConfigError(
            f'background is {value!r}; the number of a class, 0 to {most - 1}, or {_NOBODY} is '
            'expected'
        )
    return value


def label_texts(labels: Any) -> tuple[str, ...]:
    """Return names as texts; a list of texts and numbers is expected."""
    if not isinstance(labels, Sequence) or isinstance(labels, (str, bytes)):
        raise ConfigError(
            f'labels are a {type(labels).__name__}; the name of a set, or a list of names, is '
            'expected'
        )
    if len(labels) > _MOST:
        raise ConfigError(f'{len(labels)} labels came; {_MOST} are the most')
    for label in labels:
        # YAML reads no, on and 2001-01-01 as something else than text.
        if type(label) not in (str, int, float):
            told = f' {label}' if isinstance(label, (bool, type(None))) else ''
            raise ConfigError(
                f'one of the labels is a {type(label).__name__}{told}, not a text; '
                'write it in quotes'
            )
    return tuple(map(str, labels))


def read_label_file(path: Path) -> tuple[str, ...]:
    """Return the names in a file that has one on each line, as jetson-inference's have."""
    return label_texts([line.strip() for line in read_lines(path) if line.strip()])


def read_color_file(path: Path) -> Palette:
    """
    Return the colours in a file with `red green blue [alpha]` on each line.

    As in segNet, an alpha of 255 is the same as none.
    """
    colors, alphas = [], []
    for number, line in enumerate(read_lines(path), 1):
        words = line.replace(',', ' ').split()
        if not words:
            continue
        good = len(words) in (3, 4) and all(w.isascii() and w.isdecimal() for w in words)
        if not good or any(int(word[:4]) > 255 for word in words):
            raise ConfigError(
                f'{str(path)!r}, line {number}: {line.strip()[:40]!r} came; '
                'red, green, blue and perhaps alpha, each from 0 to 255, are expected'
            )
        red, green, blue, alpha = map(int, (*words, '255')[:4])
        colors.append(red << 16 | green << 8 | blue)
        alphas.append(alpha)
    if not colors:
        raise ConfigError(f'{str(path)!r} is empty; red, green and blue on each line are expected')
    return Palette(tuple(colors), tuple(alphas) if min(alphas) < 255 else ())


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, which may begin with a byte order mark."""
    try:
        with path.open(encoding='utf-8-sig') as file:
            text = file.read(_LARGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f'{str(path)!r} cannot be read: {error}') from error
    if len(text) > _LARGEST:
        raise ConfigError(f'{str(path)!r} is longer than {_LARGEST} characters, the most')
    return text.splitlines()
