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
import stamps

# The exports of the ROS wheels name the folders of the machine that built them.
_BUILDERS_NUMPY = re.compile(
    r'/opt/python/[^/;"]+/lib/python[\d.]+/site-packages/numpy/[\w/]*include'
)
_BUILDERS_PYTHON = re.compile(r'/opt/python/[^/;"]+/include/python[\d.]+')

_NO_NETWORK = (
    'Failed to establish a new connection',
    'Temporary failure in name resolution',
    'Network is unreachable',
    'Read timed out',
    'ConnectTimeout',
    'ProxyError',
)


def ensure(place: Layout) -> None:
    """Make the virtual environment and fill it, unless it was made from the same lists."""
    lists = _lists(place)
    key = stamps.fingerprint(lists, PYTHON_VERSION, place.tag)
    stamp = place.venv / 'wheels.stamp'
    if stamps.is_current(stamp, key):
        return
    host.check(place)
    if not place.python.exists():
        _make(place)
    stamp.unlink(missing_ok=True)
    _install(place, lists)
    if not place.ros:
        _correct_exports(place)
    stamp.write_text(key)


def _lists(place: Layout) -> list[Path]:
    """Name the lists of wheels that this environment needs."""
    names = ['run', 'test', 'build'] if place.ros else ['run', 'test', 'build', 'ros']
    return [place.root / 'requirements' / f'{name}.txt' for name in names]


def _make(place: Layout) -> None:
    """Create the virtual environment; with a sourced ROS it sees the system's packages."""
    shutil.rmtree(place.venv, ignore_errors=True)
    options = ['--system-site-packages'] if place.ros else []
    with step(f'Python {PYTHON_VERSION} environment {place.venv.name}'):
        base = getattr(sys, '_base_executable', sys.executable)
        try:
            run_logged(
                [base, '-m', 'venv', *options, place.venv],
                place.logs / 'venv.log',
                env=plain_environment(),
                cwd=place.root,
            )
        except CommandFailed as error:
            shutil.rmtree(place.venv, ignore_errors=True)
            if 'ensurepip' in error.text:
                raise SetupError(
                    'this Python cannot make virtual environments (ensurepip is missing)\n'
                    f'  type: {host.apt_line([f"python{PYTHON_VERSION}-venv"])}'
                ) from None
            raise


def _install(place: Layout, lists: list[Path]) -> None:
    """Install the lists as they stand, or what the sourced ROS lacks of them."""
    lines = [line for path in lists for line in missing.requirement_lines(path)]
    if place.ros:
        lines = missing.not_yet_there(place, lines)
        if not lines:
            return
    wanted = place.build / f'wanted-{place.tag}.txt'
    wanted.write_text('\n'.join(lines) + '\n')
    command: list[str | Path] = [
        place.python,
        '-m',
        'pip',
        'install',
        '--no-input',
        '--no-deps',
        '--no-compile',
        '--disable-pip-version-check',
        '--requirement',
        wanted,
    ]
    with step(f'{len(lines)} wheels, about {90 if place.ros else 300} MB'):
        try:
            run_logged(command, place.logs / 'wheels.log', env=plain_environment(), cwd=place.root)
        except CommandFailed as error:
            raise _explain(error) from None


def _explain(error: CommandFailed) -> SetupError:
    """Say in plain words why pip could not install."""
    if any(sign in error.text for sign in _NO_NETWORK):
        return SetupError(
            'the step "wheels" found no network: pip could not reach its package index\n'
            f'  check the connection and proxy settings, then type the command again '
            f'(log: {error.log})'
        )
    if 'No matching distribution found for' in error.text:
        package = error.text.split('No matching distribution found for')[1].split('\n')[0].strip()
        return SetupError(
            f'the step "wheels" found no {package} for Python {PYTHON_VERSION} '
            f'on {os.uname().machine}\n'
            f'  type: PYTHON=python3.12 make test   to try another Python (log: {error.log})'
        )
    return error


def _correct_exports(place: Layout) -> None:
    """Point the CMake exports of the ROS wheels at the headers of this machine."""
    python = sysconfig.get_paths()['include']
    numpy = str(place.site_packages / 'numpy' / '_core' / 'include')
    for path in (place.venv / 'share').rglob('*.cmake'):
        text = path.read_text()
        if '/opt/python/' in text:
            text = _BUILDERS_PYTHON.sub(python, _BUILDERS_NUMPY.sub(numpy, text))
            path.write_text(text)


def plain_environment() -> dict[str, str]:
    """Return the variables of this shell without what make adds for its own children."""
    hidden = ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'PIP_REQUIRE_VIRTUALENV')
    return {name: value for name, value in os.environ.items() if name not in hidden}
