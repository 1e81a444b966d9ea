"""Find models by name in the folders where manifests lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import difflib
from pathlib import Path
from typing import Any, Final

from .data_folders import model_folders
from .manifest import Manifest
from .manifest_variants import read_variants
from .nvinfer import NVINFER_SUFFIXES, read_nvinfer
from ..errors import ConfigError, ManifestError, SegmentationError
from ..user_files import user_path

_SHOWN: Final = 5


@dataclass(frozen=True)
class Entry:
    """Where a model is described: a file, and which of its variants."""

    name: str
    path: Path
    variant: str = ''
    aliases: tuple[str, ...] = ()

    def read(self) -> Manifest:
        """Return the model's manifest."""
        return Manifest.read(self.path, self.variant)


def catalog() -> dict[str, Entry]:
    """Return where each model is described, by name; the first folder that has a name wins."""
    found: dict[str, Entry] = {}
    for folder in model_folders():
        # A link to a manifest that has gone is no manifest.
        for path in sorted(path for path in folder.glob('*.yaml') if path.exists()):
            for entry in _entries(path):
                found.setdefault(entry.name, entry)
    return found


def find_manifest(model: str) -> Manifest:
    """
    Return the manifest of a model.

    A name, a manifest file, a configuration of nvinfer, or an ONNX file or plan without one.
    """
    path = user_path(model)
    if path.suffix in ('.yaml', '.yml'):
        return Manifest.read(path)
    if path.suffix in NVINFER_SUFFIXES:
        return read_nvinfer(path)
    if path.suffix in ('.onnx', '.plan', '.engine'):
        beside = path.with_suffix('.yaml')
        if beside.is_file():
            return Manifest.read(beside)
        return Manifest(name=path.stem, family='', file=path)
    if path.suffix in ('.pt', '.pth'):
        raise ConfigError(
            f'{str(path)!r} is a file of PyTorch; an ONNX file is needed. isaac-seg export makes '
            'one of networks of torchvision, of transformers and of Segment Anything; of YOLO '
            f'Ultralytics does: yolo export model={path.name} format=onnx'
        )
    return _find_entry(model).read()


def plain_name(name: str) -> str:
    """Return a name as models have it; `_` and `-`, large and small letters are the same."""
    return name.lower().replace('_', '-')


def _find_entry(model: str) -> Entry:
    wanted = plain_name(model)
    for folder in model_folders():
        # Most models have a file of their name: no other needs to be read then.
        for stem in (wanted, wanted.replace('-', '_')):
            path = folder / f'{stem}.yaml'
            if '/' not in stem and path.is_file():
                for entry in _entries(path):
                    if entry.name == wanted:
                        return entry
    known = catalog()
    if wanted in known:
        return known[wanted]
    also = {alias: entry for entry in known.values() for alias in entry.aliases}
    if wanted in also:
        return also[wanted]
    raise ConfigError(
        f'no model {model!r}.{_alike(wanted, [*known, *also])} {_listed(known)}; a path to a '
        '.yaml manifest or an .onnx file does as well'
    )


def _alike(wanted: str, names: Iterable[str]) -> str:
    """Return the names that begin as the one that is wanted, or else the nearest."""
    begun = [name for name in names if wanted and name.startswith(wanted)]
    if begun:
        more = f' and {len(begun) - _SHOWN} more' if len(begun) > _SHOWN else ''
        return f' Names that begin so: {", ".join(begun[:_SHOWN])}{more}.'
    close = difflib.get_close_matches(wanted, names, 1)
    return f' Did you mean {close[0]}?' if close else ''


def _listed(known: Mapping[str, Entry]) -> str:
    """Return the models that can be used at once, and how many others there are."""
    ready = [name for name, entry in known.items() if _is_on_disk(entry)]
    more = len(known) - len(ready)
    others = f', and {more} more: isaac-seg models --all' if more else ''
    return f'On disk are {", ".join(ready) or "none"}{others}'


def _is_on_disk(entry: Entry) -> bool:
    try:
        return entry.read().on_disk
    except SegmentationError:
        return False


def _entries(path: Path) -> list[Entry]:
    """Return the models of a file; one that cannot be read is one, and reading it says why."""
    try:
        variants = read_variants(path)
    except ManifestError:
        return [Entry(plain_name(path.stem), path)]
    return [
        Entry(plain_name(variant or path.stem), path, variant, _aliases(content))
        for variant, content in variants.items()
    ]


def _aliases(content: Mapping[str, Any]) -> tuple[str, ...]:
    aliases = content.get('aliases')
    return tuple(plain_name(str(alias)) for alias in aliases) if isinstance(aliases, list) else ()
