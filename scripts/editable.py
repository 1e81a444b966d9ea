"""The package itself, installed so that its files are used where they stand."""

from __future__ import annotations

from pathlib import Path
import shutil

from console import step
from layout import Layout
from pip_install import pip_install
import stamps

PACKAGE = 'isaac_seg_py'

# What colcon would copy below share/; here links show the files themselves.
_SHARED = ('package.xml', 'launch', 'config', 'models')
_METADATA = ('setup.py', 'setup.cfg', 'package.xml', 'pyproject.toml')


def ensure(place: Layout) -> None:
    """Install again when the metadata changed."""
    shared = _shared_files(place.root)
    metadata = [place.root / name for name in _METADATA]
    # This file too: an older one of it may have installed otherwise.
    key = stamps.fingerprint([*metadata, Path(__file__)], str(place.root), *map(str, shared))
    stamp = place.venv / 'editable.stamp'
    if stamps.is_current(stamp, key):
        return
    with step(f'{PACKAGE}, editable'):
        pip_install(place, 'editable', '--no-build-isolation', '--editable', place.root)
        # pip leaves a finder that is asked last: where a folder of the package's name lies in the
        # working directory, as beside a clone, Python would take that for it.
        _link(place.root / PACKAGE, place.site_packages / PACKAGE)
        _register(place, shared)
    stamp.write_text(key)


def _shared_files(root: Path) -> list[Path]:
    """List the files that belong below share/."""
    found = [path for name in _SHARED for path in (root / name, *(root / name).rglob('*'))]
    return sorted(path for path in found if path.is_file() and '__pycache__' not in path.parts)


def _register(place: Layout, shared: list[Path]) -> None:
    """Enter the package in the ament index, so that `ros2 run` and `ros2 launch` find it."""
    share = place.venv / 'share'
    markers = share / 'ament_index' / 'resource_index' / 'packages'
    _link(place.root / 'resource' / PACKAGE, markers / PACKAGE)
    shutil.rmtree(share / PACKAGE, ignore_errors=True)
    for path in shared:
        # Files, not folders: `ros2 launch` does not look into a folder that is a link.
        _link(path, share / PACKAGE / path.relative_to(place.root))
    for script in sorted((place.venv / 'bin').iterdir()):
        if f'from {PACKAGE}.' in _head(script):
            _link(script, place.venv / 'lib' / PACKAGE / script.name)


def _link(target: Path, link: Path) -> None:
    """Make or correct one symbolic link."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _head(script: Path) -> str:
    """Read the beginning of a file, as text whatever it is."""
    with script.open('rb') as file:
        return file.read(1000).decode(errors='replace')
