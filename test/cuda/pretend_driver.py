"""Build the driver of pretend_driver.c, on which both bindings run without a GPU."""

from __future__ import annotations

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import host_kernels
from isaac_seg_py.cuda.programs import KERNELS, SOURCES

SOURCE = Path(__file__).with_name('pretend_driver.c')
CAPABILITY = (9, 0)  # what it says of its device


def build(folder: Path) -> str | None:
    """Build libcuda.so.1 in a folder; say why not where this machine cannot."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    if compiler is None:
        return 'no C compiler'
    rest = folder / 'rest.c'
    rest.write_text(''.join(f'int {name}(void) {{ return 801; }}\n' for name in _missing()))
    subprocess.run(
        [
            compiler, '-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-Wl,-soname,libcuda.so.1',
            '-o', folder / 'libcuda.so.1', SOURCE, rest, '-lpthread', '-ldl',
        ],
        check=True,
    )  # fmt: skip
    return None


def build_kernels(folder: Path) -> None:
    """Build the package's kernels for the processor, for the driver to run."""
    names = {name: name.title().replace('_', '') for name in KERNELS}
    lines = ['#include "host_kernels.cpp"', 'extern "C" {']
    lines += [
        f'extern const size_t size_of_{n} = sizeof({c}Parameters);' for n, c in names.items()
    ]
    source = folder / 'kernels.cpp'
    source.write_text('\n'.join([*lines, '}']))
    options = [*host_kernels.OPTIONS, f'-I{SOURCES}']
    subprocess.run(['g++', *options, source, '-o', folder / 'kernels.so'], check=True)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on that driver; what was not given back stands in folder/report."""
    found = {
        'LD_LIBRARY_PATH': str(folder),
        # A PyCUDA that was built without a driver does not ask for the library by itself.
        'LD_PRELOAD': str(folder / 'libcuda.so.1'),
        'PRETEND_DRIVER_KERNELS': str(folder / 'kernels.so'),
        'PRETEND_DRIVER_REPORT': str(folder / 'report'),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **found, **environment},
        cwd=SOURCE.parents[2],
        capture_output=True,
        text=True,
        timeout=150,
    )


def left_over(folder: Path) -> list[int]:
    """
    Return what was left when the process ended.

    Holds on the context, memory, page-locked memory, streams, events, modules, graphs and
    executable graphs.
    """
    return [int(number) for number in (folder / 'report').read_text().split()]


def _missing() -> list[str]:
    """Return the functions that PyCUDA's library refers to and pretend_driver.c does not have."""
    from importlib.util import find_spec

    spec = find_spec('pycuda')
    if spec is None or not spec.submodule_search_locations:
        return []
    names: set[str] = set()
    for library in Path(spec.submodule_search_locations[0]).glob('_driver*.so'):
        listed = subprocess.check_output(['nm', '-D', '--undefined-only', library], text=True)
        names |= set(re.findall(r' U (cu\w+)', listed))
    texts = [path.read_text() for path in (SOURCE, SOURCE.with_name('pretend_work.h'))]
    here = set(re.findall(r'^Result (cu\w+)\(', ''.join(texts), re.MULTILINE))
    return sorted(names - here)
