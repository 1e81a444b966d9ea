"""The message packages below interfaces/, compiled once."""

from __future__ import annotations

import os
from pathlib import Path
import shutil

from console import CommandFailed, run_logged, SetupError, step
import host
from layout import Layout
from pip_install import plain_environment
import stamps


def ensure(place: Layout) -> None:
    """Build the packages unless they were built from the same sources, wheels and interpreter."""
    sources = [path for path in (place.root / 'interfaces').rglob('*') if path.is_file()]
    lists = [place.root / 'requirements' / f'{name}.txt' for name in ('ros', 'build')]
    names = wanted(place)
    key = stamps.fingerprint([*sources, *lists], place.tag, str(place.venv), *names)
    stamp = place.interfaces / 'interfaces.stamp'
    if stamps.is_current(stamp, key):
        return
    host.check(place)
    shutil.rmtree(place.interfaces, ignore_errors=True)
    place.interfaces.mkdir(parents=True)
    if names:
        _build(place, names)
    stamp.write_text(key)


def wanted(place: Layout) -> list[str]:
    """Name the packages that a sourced ROS lacks; all of them without one."""
    names = sorted(path.parent.name for path in place.root.glob('interfaces/*/package.xml'))
    return [name for name in names if not (place.ros and place.ros.has_package(name))]


def _build(place: Layout, names: list[str]) -> None:
    """Compile with colcon into one folder, then drop the intermediate files."""
    work = place.build / f'work-{place.tag}'
    shutil.rmtree(work, ignore_errors=True)
    with step(f'{len(names)} ROS message packages, compiled once'):
        try:
            run_logged(
                _colcon(place, names, work),
                place.logs / 'interfaces.log',
                env=_build_environment(place),
                cwd=place.root,
            )
        except CommandFailed as error:
            if 'Killed signal' in error.text or 'virtual memory exhausted' in error.text:
                raise SetupError(
                    f'the compiler ran out of memory (log: {error.log})\n'
                    '  close other programs, then type the command again'
                ) from None
            raise
    shutil.rmtree(work, ignore_errors=True)


def _colcon(place: Layout, names: list[str], work: Path) -> list[str]:
    """Return the command; the libraries name their own folder, so no search path is needed."""
    return [
        *('colcon', '--log-base', f'{work}/log', 'build', '--merge-install'),
        *('--base-paths', f'{place.root}/interfaces', '--packages-select', *names),
        *('--build-base', f'{work}/build', '--install-base', f'{place.interfaces}'),
        *('--event-handlers', 'console_direct+', '--cmake-args', '-G', 'Ninja'),
        *('-DBUILD_TESTING=OFF', '-DCMAKE_BUILD_TYPE=Release'),
        *(f'-DPython3_EXECUTABLE={place.python}', f'-DPYTHON_EXECUTABLE={place.python}'),
        f'-DCMAKE_INSTALL_RPATH={place.interfaces}/lib',
    ]


def _build_environment(place: Layout) -> dict[str, str]:
    """Show CMake and colcon the virtual environment, which is also the ROS when that is wheels."""
    variables = plain_environment()
    variables['PATH'] = f'{place.venv / "bin"}{os.pathsep}{variables["PATH"]}'
    if not place.ros:
        variables['CMAKE_PREFIX_PATH'] = str(place.venv)
        variables['AMENT_PREFIX_PATH'] = str(place.venv)
        variables.pop('PYTHONPATH', None)
    return variables
