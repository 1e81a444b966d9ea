"""The folders in which manifests, labels and models lie."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path
import sys


def model_folders() -> list[Path]:
    """
    Return the folders that are searched, in order.

    Those of ISAAC_SEG_MODELS, the source tree's, a ROS workspace's and a pip installation's shared
    files, and the user's own.
    """
    named = os.environ.get('ISAAC_SEG_MODELS', '')
    folders = [Path(folder) for folder in named.split(os.pathsep) if folder]
    folders.append(Path(__file__).resolve().parent.parent.parent / 'models')
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    folders += [Path(prefix) / 'share/isaac_seg_py/models' for prefix in prefixes if prefix]
    with suppress(RuntimeError):
        # Who has no home folder has no folder of models there.
        folders.append(user_folder())
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def user_folder() -> Path:
    """Return the user's own folder, where fetched models go; it may not be there yet."""
    home = os.environ.get('XDG_DATA_HOME') or Path.home() / '.local/share'
    return Path(home) / 'isaac_seg_py/models'
