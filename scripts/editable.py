"""The package itself, installed so that its files are used where they stand."""

from __future__ import annotations

from pathlib import Path

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
    key = stamps.fingerprint([place.root / name for name in _METADATA], str(place.root))
    stamp = place.venv / 'editable.stamp'
    if stamps.is_current(stamp, key):
        return
    with step(f'{PACKAGE}, editable'):
        pip_install(place, 'editable', '--no-build-isolation', '--editable', place.root)
        _register(place)
    stamp.write_text(key)


def _register(place: Layout) -> None:
    """Enter the package in the ament index, so that `ros2 run` and `ros2 launch` find it."""
    share = place.venv / 'share'
    markers = share / 'ament_index' / 'resource_index' / 'packages'
    _link(place.root / 'resource' / PACKAGE, markers / PACKAGE)
    for name in _SHARED:
        _link(place.root / name, share / PACKAGE / name)
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
