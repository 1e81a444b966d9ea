"""The variables that make ROS, the message packages and the scripts be found."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path

from layout import Layout, PYTHON_FOLDER
import stamps

# The name decides the order: this comes before `ros_wheels_bootstrapper.pth`, which does the same
# for the wheels alone and is told by the variable that its work is done.
_HOOK = 'isaac_seg_py_environment'
_WHEELS_ARE_FOUND = '_ROS_WHEELS_BOOTSTRAP_COMPLETE'

_HOOK_TEXT = '''"""Written by scripts/environment.py: lets a plain interpreter find ROS."""
import os
import sys

TABLE = {table!r}
{guard}
missing = False
for name, folders in TABLE.items():
    parts = [part for part in os.environ.get(name, '').split(os.pathsep) if part]
    if any(folder not in parts for folder in folders):
        missing = missing or name == 'LD_LIBRARY_PATH'
        rest = [part for part in parts if part not in folders]
        os.environ[name] = os.pathsep.join([*folders, *rest])
if missing:  # the linker reads its path only when a process starts
    os.execv(sys.executable, sys.orig_argv)
'''


def variables(place: Layout, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which a command of this project runs."""
    result = dict(base)
    result.pop('PYTHONHOME', None)
    result['VIRTUAL_ENV'] = str(place.venv)
    for name, folders in {'PATH': [place.venv / 'bin'], **_paths(place)}.items():
        result[name] = _prepended(result.get(name, ''), [str(folder) for folder in folders])
    if not place.ros:
        result['RMW_IMPLEMENTATION'] = 'rmw_fastrtps_cpp'  # the only one among the wheels
        result[_WHEELS_ARE_FOUND] = '1'
    return result


def ensure(place: Layout) -> None:
    """Write the start-up hook of the virtual environment, when its text changed."""
    table = {name: [str(folder) for folder in folders] for name, folders in _paths(place).items()}
    guard = '' if place.ros else f'os.environ[{_WHEELS_ARE_FOUND!r}] = "1"'
    hook = _HOOK_TEXT.format(table=table, guard=guard)
    module = place.site_packages / f'{_HOOK}.py'
    if stamps.is_current(module, hook):
        return
    (place.site_packages / f'{_HOOK}.pth').write_text(f'{_messages(place)}\nimport {_HOOK}\n')
    module.write_text(hook)


def _messages(place: Layout) -> Path:
    """Return where the compiled messages keep their modules; Debian's Python has its own."""
    of_debian = place.interfaces / 'local' / 'lib' / PYTHON_FOLDER / 'dist-packages'
    usual = place.interfaces / 'lib' / PYTHON_FOLDER / 'site-packages'
    return of_debian if of_debian.is_dir() else usual


def _paths(place: Layout) -> dict[str, list[Path]]:
    """Return what goes in front of each search path."""
    libraries = [place.interfaces / 'lib']
    if not place.ros:
        libraries += [place.venv / 'lib', *sorted(place.site_packages.glob('ros_*.libs'))]
    return {
        'AMENT_PREFIX_PATH': [place.interfaces, place.venv],
        'LD_LIBRARY_PATH': libraries,
    }


def _prepended(value: str, folders: list[str]) -> str:
    """Put folders in front of a search path, each once."""
    rest = [part for part in value.split(os.pathsep) if part and part not in folders]
    return os.pathsep.join([*folders, *rest])
