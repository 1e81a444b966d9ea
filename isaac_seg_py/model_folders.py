"""Find models by name in the folders where manifests lie."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
import sys

from .errors import ConfigError
from .manifest import Manifest


def model_folders() -> list[Path]:
    """
    Return the folders that are searched, in order.

    Those of ISAAC_SEG_MODELS, the source tree's, a ROS workspace's and a pip installation's shared
    files, and the user's own.
    """
    named = os.environ.get('ISAAC_SEG_MODELS', '')
    folders = [Path(folder) for folder in named.split(os.pathsep) if folder]
    folders.append(Path(__file__).resolve().parent.parent / 'models')
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    folders += [Path(prefix) / 'share/isaac_seg_py/models' for prefix in prefixes if prefix]
    home = os.environ.get('XDG_DATA_HOME') or Path.home() / '.local/share'
    folders.append(Path(home) / 'isaac_seg_py/models')
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def manifest_files() -> dict[str, Path]:
    """Return the manifest file of each model name; the first folder that has a name wins."""
    found: dict[str, Path] = {}
    for folder in model_folders():
        for path in sorted(folder.glob('*.yaml')):
            found.setdefault(path.stem.replace('_', '-'), path)
    return found


def find_manifest(model: str) -> Manifest:
    """Return the manifest of a model: a name, a manifest file, or an ONNX file without one."""
    path = Path(model).expanduser()
    if path.suffix in ('.yaml', '.yml'):
        return Manifest.read(path)
    if path.suffix == '.onnx':
        beside = path.with_suffix('.yaml')
        if beside.is_file():
            return Manifest.read(beside)
        return Manifest(name=path.stem, family='', file=path)
    files = manifest_files()
    if model in files:
        return Manifest.read(files[model])
    close = difflib.get_close_matches(model, files, 1)
    hint = f' Did you mean {close[0]}?' if close else ''
    raise ConfigError(
        f'no model {model!r}.{hint} Known are {", ".join(files) or "none"}; a path to a .yaml '
        'manifest or an .onnx file does as well'
    )
