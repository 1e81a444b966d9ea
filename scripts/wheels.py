"""The virtual environment and its pinned wheels."""

from __future__ import annotations

import os
from pathlib import Path
import re
import shutil
import sys
import sysconfig

from console import CommandFailed, run_logged, SetupError, step
import host
from layout import Layout, PYTHON_VERSION
import missing
from pip_install import pip_install, plain_environment
import stamps

# The CMake exports of the ROS wheels name the folders of the machine that built them.
_NUMPY_OF_BUILDER = re.compile(
    r'/opt/python/[^/;"]+/lib/python[\d.]+/site-packages/numpy/[\w/]*include'
)
_PYTHON_OF_BUILDER = re.compile(r'/opt/python/[^/;"]+/include/python[\d.]+')


def ensure(place: Layout) -> None:
    """Make the virtual environment and fill it, unless it was made from the same lists."""
    names = ['run', 'test', 'build'] if place.ros else ['run', 'test', 'build', 'ros']
    lists = [place.root / 'requirements' / f'{name}.txt' for name in names]
    stamp = place.venv / 'wheels.stamp'
    key = stamps.fingerprint(lists, place.tag)
    if stamps.is_current(stamp, key) and place.python.exists():
        return
    host.check(place)
    if not place.python.exists():
        _make(place)
    stamp.unlink(missing_ok=True)
    _install(place, lists)
    if not place.ros:
        _correct_exports(place)
    stamp.write_text(key)


def ensure_more(place: Layout, name: str) -> None:
    """Add the packages of one more list, with what they need, in versions that fit the others."""
    folder = place.root / 'requirements'
    wanted = folder / f'{name}.txt'
    if not wanted.is_file():
        known = ', '.join(sorted(path.stem for path in folder.glob('*.txt')))
        raise SetupError(f'WITH={name} names no list of requirements/\n  known are {known}')
    pinned = place.build / f'wanted-{place.tag}.txt'
    stamp = place.venv / f'{name}.stamp'
    key = stamps.fingerprint([wanted, *filter(Path.exists, [pinned])], place.tag)
    if stamps.is_current(stamp, key):
        return
    constraints: list[str | Path] = ['--constraint', pinned] if pinned.exists() else []
    with step(f'packages of requirements/{name}.txt, which may be large'):
        pip_install(
            place, name, '--no-compile', '--requirement', wanted, *constraints, alone=False
        )
    stamp.write_text(key)


def _make(place: Layout) -> None:
    """Create the virtual environment; with a sourced ROS it sees the packages of the system."""
    if place.ros:
        place.ros.check()
    shutil.rmtree(place.venv, ignore_errors=True)
    options = ['--system-site-packages'] if place.ros else []
    # From within another virtual environment this is the Python that it was made with.
    base = os.path.realpath(sys.executable)
    command = [base, '-m', 'venv', *options, str(place.venv)]
    with step(f'Python {PYTHON_VERSION} environment {place.venv.name}'):
        try:
            run_logged(command, place.logs / 'venv.log', env=plain_environment(), cwd=place.root)
        except CommandFailed as error:
            shutil.rmtree(place.venv, ignore_errors=True)
            if 'ensurepip' not in error.text and 'No module named venv' not in error.text:
                raise
            raise SetupError(
                f'{base} cannot make virtual environments: its venv module is incomplete\n'
                f'  type: {host.apt_line(host.VENV_PACKAGE)}'
            ) from None


def _install(place: Layout, lists: list[Path]) -> None:
    """Install the lists as they stand, or what a sourced ROS lacks of them."""
    lines = [line for path in lists for line in missing.requirement_lines(path)]
    if place.ros:
        lines = missing.not_yet_there(place, lines)
    if not lines:
        return
    wanted = place.build / f'wanted-{place.tag}.txt'
    wanted.write_text('\n'.join(lines) + '\n')
    with step(f'{len(lines)} packages from the Python index'):
        # Compiling only what is imported, when it is imported, saves half a minute here.
        pip_install(place, 'wheels', '--no-compile', '--requirement', wanted)


def _correct_exports(place: Layout) -> None:
    """Point the CMake exports of the ROS wheels at the headers of this machine."""
    python = sysconfig.get_paths()['include']
    numpy = str(place.site_packages / 'numpy' / '_core' / 'include')
    for path in (place.venv / 'share').rglob('*.cmake'):
        text = path.read_text()
        if '/opt/python/' in text:
            text = _PYTHON_OF_BUILDER.sub(python, _NUMPY_OF_BUILDER.sub(numpy, text))
            path.write_text(text)
