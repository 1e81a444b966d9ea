"""The variables that make ROS, the message packages and the scripts be found."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path

from layout import Layout, PYTHON_FOLDER
import stamps

# A plain `.venv/bin/python` reads this at its start, before the ROS wheels set their own paths;
# the name of the .pth file decides the order.
_HOOK = 'isaac_seg_py_environment'


def paths(place: Layout) -> dict[str, list[Path]]:
    """Return what goes in front of each search path."""
    libraries = [place.interfaces / 'lib']
    if not place.ros:
        libraries.append(place.venv / 'lib')
    return {
        'AMENT_PREFIX_PATH': [place.interfaces, place.venv],
        'LD_LIBRARY_PATH': libraries,
    }


def message_folder(place: Layout) -> Path:
    """Return where the compiled message packages keep their Python modules."""
    python = place.interfaces / 'lib' / PYTHON_FOLDER / 'site-packages'
    local = place.interfaces / 'local' / 'lib' / PYTHON_FOLDER / 'dist-packages'
    return local if local.is_dir() else python


def variables(place: Layout, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which a command of this project runs."""
    result = dict(base)
    result.pop('PYTHONHOME', None)
    result['VIRTUAL_ENV'] = str(place.venv)
    fronts = {'PATH': [place.venv / 'bin'], **paths(place)}
    for name, folders in fronts.items():
        result[name] = prepended(result.get(name, ''), [str(folder) for folder in folders])
    if not place.ros:
        result['RMW_IMPLEMENTATION'] = 'rmw_fastrtps_cpp'
    return result


def prepended(value: str, folders: list[str]) -> str:
    """Put folders in front of a search path, each once."""
    rest = [part for part in value.split(os.pathsep) if part and part not in folders]
    return os.pathsep.join([*folders, *rest])


def ensure(place: Layout) -> None:
    """Write the start-up hook of the virtual environment, when its text changed."""
    hook = _hook_text(place)
    module = place.site_packages / f'{_HOOK}.py'
    if stamps.is_current(module, hook):
        return
    module.write_text(hook)
    (place.site_packages / f'{_HOOK}.pth').write_text(f'{message_folder(place)}\nimport {_HOOK}\n')


def _hook_text(place: Layout) -> str:
    """Return a module that puts the same folders on the search paths of a plain interpreter."""
    table = {name: [str(folder) for folder in folders] for name, folders in paths(place).items()}
    return f'''"""Written by scripts/environment.py: finds the compiled message packages."""
import os

for _name, _folders in {table!r}.items():
    _rest = [_p for _p in os.environ.get(_name, '').split(os.pathsep) if _p and _p not in _folders]
    os.environ[_name] = os.pathsep.join(_folders + _rest)
'''
