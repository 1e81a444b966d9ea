"""What the machine itself must bring: a compiler, Python's headers, room on the disk."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import sysconfig

from console import SetupError
from layout import Layout, PYTHON_VERSION

NEEDED_BYTES = 2 * 1024**3


def check(place: Layout) -> None:
    """Name everything that is missing at once, before any long step begins."""
    lacks: dict[str, str] = {}
    if not _compiler('CC', 'cc', 'gcc', 'clang'):
        lacks['g++'] = 'a C compiler'
    if not _compiler('CXX', 'c++', 'g++', 'clang++'):
        lacks['g++'] = 'a C++ compiler'
    if not Path(sysconfig.get_paths()['include'], 'Python.h').exists():
        lacks[f'python{PYTHON_VERSION}-dev'] = "Python's headers (Python.h)"
    if lacks:
        raise SetupError(
            f'this machine lacks {" and ".join(lacks.values())}; the ROS message packages are '
            f'compiled once\n  type: {apt_line(lacks)}'
        )
    free = shutil.disk_usage(place.root).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f'about {NEEDED_BYTES / 1e9:.0f} GB are needed below {place.root}, '
            f'{free / 1e9:.1f} GB are free\n  type: df -h {place.root}   and make room'
        )


def apt_line(packages: dict[str, str] | list[str]) -> str:
    """Return the line to type on Debian and Ubuntu."""
    sudo = '' if os.geteuid() == 0 else 'sudo '
    return f'{sudo}apt install {" ".join(packages)}'


def _compiler(variable: str, *names: str) -> bool:
    """Find a compiler: the one a variable names, or a usual one on PATH."""
    chosen = os.environ.get(variable)
    candidates = [chosen.split()[0]] if chosen else list(names)
    return any(shutil.which(name) for name in candidates)
