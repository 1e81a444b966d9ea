"""What the machine itself must bring: a compiler, Python's headers, room on the disk."""

from __future__ import annotations

from collections.abc import Iterable
import os
from pathlib import Path
import shutil
import sysconfig

from console import SetupError
from layout import Layout, PYTHON_VERSION

NEEDED_GB = 2.0
VENV_PACKAGE = (f'python{PYTHON_VERSION}-venv',)


def check(place: Layout) -> None:
    """Name everything that is missing at once, before any long step begins."""
    lacks: dict[str, list[str]] = {}
    if not _compiler('CC', 'cc', 'gcc', 'clang'):
        lacks.setdefault('g++', []).append('a C compiler')
    if not _compiler('CXX', 'c++', 'g++', 'clang++'):
        lacks.setdefault('g++', []).append('a C++ compiler')
    if not Path(sysconfig.get_paths()['include'], 'Python.h').exists():
        lacks[f'python{PYTHON_VERSION}-dev'] = [f'the headers of Python {PYTHON_VERSION}']
    if lacks:
        things = ' and '.join(thing for group in lacks.values() for thing in group)
        raise SetupError(
            f'this machine lacks {things}, needed to compile the ROS message packages\n'
            f'  type: {apt_line(lacks)}'
        )
    free = shutil.disk_usage(place.root).free / 1e9
    if free < NEEDED_GB:
        raise SetupError(
            f'the disk of {place.root} has {free:.1f} GB free; set-up needs {NEEDED_GB:.0f} GB\n'
            f'  type: df -h {place.root}   and make room'
        )


def apt_line(packages: Iterable[str]) -> str:
    """Return the line to type on Debian and Ubuntu."""
    sudo = '' if os.geteuid() == 0 else 'sudo '
    return f'{sudo}apt install {" ".join(packages)}'


def _compiler(variable: str, *names: str) -> bool:
    """Find a compiler: the one a variable names, or a usual one on PATH."""
    chosen = os.environ.get(variable, '').split()
    return any(shutil.which(name) for name in (chosen[:1] or names))
