"""PyCUDA behind the narrow interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import ctypes
from itertools import count
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from .binding import DeviceFacts, Extent
from .driver_library import driver_library
from .failures import failure
from ..errors import BackendUnavailable

_NON_BLOCKING: Final = 1
"""CU_STREAM_NON_BLOCKING, for which PyCUDA has no name."""


class PycudaBinding:
    """
    The primary context of a device, through `pycuda.driver`; see `Binding`.

    PyCUDA frees a thing when Python forgets it, so all things are kept here under a number until
    they are given back, with the context current. Graphs, which it lacks, are the driver's own.
    """

    name = 'pycuda'
    # Of all devices, as one that was opened twice has one context: a stream of the one waits for
    # an event of the other.
    _memory: ClassVar[dict[int, Any]] = {}
    _pinned: ClassVar[dict[int, Any]] = {}
    _streams: ClassVar[dict[int, Any]] = {}
    # Events, modules and functions, which have no number of their own.
    _things: ClassVar[dict[int, Any]] = {}
    _functions: ClassVar[dict[int, list[int]]] = {}
    _numbers: ClassVar[Iterator[int]] = count(1)

    def __init__(self, index: int) -> None:
        """Hold the primary context; raise BackendUnavailable where there is none."""
        try:
            from pycuda import driver
        except ImportError as error:
            raise BackendUnavailable(f'pycuda cannot be imported: {error}') from error
        self._cuda: Any = driver
        self._library = driver_library()
        with self._told():
            driver.init()
            device = driver.Device(index)
            self.facts = self._read_facts(device)
            self._context = device.retain_primary_context()
        # Forgotten without detach(), as at exit, PyCUDA destroys it as if it were no primary one.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._context))

    def push(self) -> None:
        with self._told():
            self._context.push()

    def pop(self) -> None:
        with self._told():
            self._cuda.Context.pop()

    def release(self) -> None:
        with self._told():
            # From any thread: PyCUDA lets a context go only where it is current to its knowledge,
            # and would leave it so to the driver's.
            self._context.push()
            self._library.pop_context()
            self._context.detach()
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(self._context))

    def memory(self) -> tuple[int, int]:
        with self._told():
            free, total = self._cuda.mem_get_info()
        return free, total

    def allocate(self, nbytes: int) -> int:
        with self._told():
            memory = self._cuda.mem_alloc(nbytes)
        self._memory[int(memory)] = memory
        return int(memory)

    def free(self, memory: int) -> None:
        with self._told():
            self._memory.pop(memory).free()

    def allocate_pinned(self, nbytes: int, mapped: bool) -> int:
        known = self._cuda.host_alloc_flags
        flags = known.PORTABLE | (known.DEVICEMAP if mapped else 0)
        with self._told():
            array = self._cuda.pagelocked_empty((nbytes,), np.uint8, mem_flags=flags)
        pointer: int = array.ctypes.data
        self._pinned[pointer] = array.base
        return pointer

    def mapped_pointer(self, memory: int) -> int:
        with self._told():
            return int(self._pinned[memory].get_device_pointer())

    def free_pinned(self, memory: int) -> None:
        with self._told():
            self._pinned.pop(memory).free()

    def create_stream(self) -> int:
        with self._told():
            stream = self._cuda.Stream(_NON_BLOCKING)
        self._streams[stream.handle] = stream
        return int(stream.handle)

    def destroy_stream(self, stream: int) -> None:
        del self._streams[stream]

    def synchronize(self, stream: int) -> None:
        with self._told():
            self._streams[stream].synchronize()

    def create_event(self, timing: bool, blocking: bool) -> int:
        known = self._cuda.event_flags
        flags = 0 if timing else int(known.DISABLE_TIMING)
        flags |= int(known.BLOCKING_SYNC) if blocking else 0
        with self._told():
            return self._numbered(self._cuda.Event(flags))

    def destroy_event(self, event: int) -> None:
        del self._things[event]

    def record(self, event: int, stream: int) -> None:
        with self._told():
            self._things[event].record(self._streams[stream])

    def wait(self, stream: int, event: int) -> None:
        with self._told():
            self._streams[stream].wait_for_event(self._things[event])

    def wait_for(self, event: int) -> None:
        with self._told():
            self._things[event].synchronize()

    def is_done(self, event: int) -> bool:
        with self._told():
            return bool(self._things[event].query())

    def elapsed_ms(self, start: int, end: int) -> float:
        with self._told():
            return float(self._things[end].time_since(self._things[start]))

    def copy_in(self, pointer: int, array: npt.NDArray[Any], stream: int) -> None:
        with self._told():
            self._cuda.memcpy_htod_async(pointer, array, self._streams[stream])

    def copy_out(self, array: npt.NDArray[Any], pointer: int, stream: int) -> None:
        with self._told():
            self._cuda.memcpy_dtoh_async(array, pointer, self._streams[stream])

    def copy(self, target: int, source: int, nbytes: int, stream: int) -> None:
        with self._told():
            self._cuda.memcpy_dtod_async(target, source, nbytes, self._streams[stream])

    def fill(self, pointer: int, value: int, nbytes: int, stream: int) -> None:
        with self._told():
            self._cuda.memset_d8_async(pointer, value, nbytes, self._streams[stream])

    def load_module(self, image: bytes) -> int:
        with self._told():
            module = self._numbered(self._cuda.module_from_buffer(image))
        self._functions[module] = []
        return module

    def unload_module(self, module: int) -> None:
        # A function keeps its module, so they go together.
        for function in self._functions.pop(module):
            del self._things[function]
        del self._things[module]

    def function(self, module: int, name: str) -> int:
        with self._told():
            function = self._numbered(self._things[module].get_function(name))
        self._functions[module].append(function)
        return function

    def launch(
        self,
        function: int,
        grid: Extent,
        block: Extent,
        arguments: ctypes.Structure,
        stream: int,
    ) -> None:
        # What PyCUDA's own launches end in; those before it set the block in a call that CUDA
        # has given up.
        with self._told():
            self._things[function]._launch_kernel(grid, block, arguments, 0, self._streams[stream])

    def begin_capture(self, stream: int) -> None:
        self._library.begin_capture(stream)

    def end_capture(self, stream: int) -> int:
        return self._library.end_capture(stream)

    def abandon_capture(self, stream: int) -> None:
        self._library.abandon_capture(stream)

    def launch_graph(self, graph: int, stream: int) -> None:
        self._library.launch_graph(graph, stream)

    def destroy_graph(self, graph: int) -> None:
        self._library.destroy_graph(graph)

    def _read_facts(self, device: Any) -> DeviceFacts:
        known, read = self._cuda.device_attribute, device.get_attribute
        version = self._cuda.get_driver_version()
        return DeviceFacts(
            device.name(),
            device.compute_capability(),
            bool(read(known.INTEGRATED) and read(known.CAN_MAP_HOST_MEMORY)),
            (version // 1000, version % 1000 // 10),
        )

    def _numbered(self, thing: Any) -> int:
        number = next(self._numbers)
        self._things[number] = thing
        return number

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn PyCUDA's errors into ours; they name the call."""
        try:
            yield
        except self._cuda.Error as error:
            raise failure(str(error)) from error
