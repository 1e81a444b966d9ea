"""The kernels compiled for the processor, and what runs them here or on a device alike."""

from __future__ import annotations

import ctypes
from functools import lru_cache, wraps
from pathlib import Path
import shutil
import subprocess
from tempfile import TemporaryDirectory

from isaac_seg_py.cuda import is_available, open_device
from isaac_seg_py.cuda.kernel_geometry import BLOCK
from isaac_seg_py.cuda.programs import SOURCES
import numpy as np
import pytest

HERE = Path(__file__).parent
# Products and sums stay apart, as on the device.
OPTIONS = ('-std=c++17', '-O2', '-ffp-contract=off', '-fPIC', '-shared', f'-I{HERE}')
WARNINGS = ('-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas')
Extent = ctypes.c_uint * 3


def build(source):
    """Compile a C++ file to a library and load it; skip the test where there is no compiler."""
    if shutil.which('g++') is None:
        pytest.skip('g++ is not here, which compiles the kernels for the processor')
    with TemporaryDirectory() as folder:
        made = Path(folder, 'kernels.so')
        subprocess.run(
            ['g++', *OPTIONS, *WARNINGS, f'-I{SOURCES}', str(source), '-o', str(made)],
            check=True,
            timeout=120,
        )
        return ctypes.CDLL(str(made))


@lru_cache(maxsize=1)
def library():
    """Return the kernels for the processor; they are compiled once in a test run."""
    return build(HERE / 'host_kernels.cpp')


def launch_on_host(name, grid, block, arguments):
    """Run a kernel on the processor; its pointers are addresses of the host."""
    function = getattr(library(), f'host_{name}')
    function.argtypes, function.restype = [Extent, Extent, ctypes.c_void_p], None
    function(Extent(*grid), Extent(*block), ctypes.addressof(arguments))


def point(parameters, field, address):
    """Set a pointer of the parameters; the image's is called `image.pixels`."""
    *owners, name = field.split('.')
    for owner in owners:
        parameters = getattr(parameters, owner)
    setattr(parameters, name, address)


class HostEngine:
    """Runs kernels on the processor."""

    def run(self, name, grid, parameters, arrays):
        """Run a kernel over arrays, named by the pointers' fields, and write them."""
        for field, array in arrays.items():
            assert array.flags.c_contiguous
            point(parameters, field, array.ctypes.data)
        launch_on_host(name, grid, BLOCK, parameters)


class DeviceEngine:
    """Runs kernels on a device, and copies all there and back."""

    def __init__(self, device):
        """Take a device that is open."""
        self._device = device

    def run(self, name, grid, parameters, arrays):
        """Run a kernel over arrays, named by the pointers' fields, and write them."""
        with self._device.stream() as stream:
            buffers = {}
            for field, array in arrays.items():
                # A few bytes more, so that an empty array has a place too.
                buffers[field] = self._device.allocate(array.nbytes + 16)
                stream.copy_in(buffers[field], array)
                point(parameters, field, buffers[field].pointer)
            self._device.kernel(name).launch(stream, grid, BLOCK, parameters)
            for field, array in arrays.items():
                if array.flags.writeable:
                    stream.copy_out(array, buffers[field])
            stream.synchronize()
            for buffer in buffers.values():
                buffer.close()


@lru_cache(maxsize=1)
def device_engine():
    """Return what runs kernels on the first device, which stays open to the end of the run."""
    ready, reason = is_available()
    if not ready:
        pytest.skip(reason)
    return DeviceEngine(open_device())


def on_every_engine(test):
    """Run a test on the processor and, marked gpu, on a device; it is given the engine."""

    @wraps(test)
    def run(engine, **values):
        test(engine=HostEngine() if engine == 'host' else device_engine(), **values)

    engines = ['host', pytest.param('gpu', marks=pytest.mark.gpu)]
    return pytest.mark.parametrize('engine', engines)(run)


def zeros(shape, dtype):
    """Return memory that no test takes for a result by accident: every byte is 0xA5."""
    array = np.empty(shape, dtype)
    array.reshape(-1).view(np.uint8)[...] = 0xA5
    return array
