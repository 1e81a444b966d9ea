"""NVIDIA's cuda-python behind the narrow interface."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy.typing as npt

from .binding import DeviceFacts, Extent
from .failures import failed_call
from ..errors import BackendUnavailable


class CudaPythonBinding:
    """The primary context of a device, through `cuda.bindings.driver`; see `Binding`."""

    name = 'cuda-python'

    def __init__(self, index: int) -> None:
        """Hold the primary context; raise BackendUnavailable where there is none."""
        try:
            from cuda.bindings import driver
        except ImportError as error:
            raise BackendUnavailable(f'cuda.bindings cannot be imported: {error}') from error
        self._driver: Any = driver
        self._call('cuInit', 0)
        self._device = self._call('cuDeviceGet', index)
        self.facts = self._read_facts()
        self._context = self._call('cuDevicePrimaryCtxRetain', self._device)

    def push(self) -> None:
        self._call('cuCtxPushCurrent', self._context)

    def pop(self) -> None:
        self._call('cuCtxPopCurrent')

    def release(self) -> None:
        self._call('cuDevicePrimaryCtxRelease', self._device)

    def memory(self) -> tuple[int, int]:
        free, total = self._call('cuMemGetInfo')
        return free, total

    def allocate(self, nbytes: int) -> int:
        return int(self._call('cuMemAlloc', nbytes))

    def free(self, memory: int) -> None:
        self._call('cuMemFree', memory)

    def allocate_pinned(self, nbytes: int, mapped: bool) -> int:
        flags = self._driver.CU_MEMHOSTALLOC_PORTABLE
        if mapped:
            flags |= self._driver.CU_MEMHOSTALLOC_DEVICEMAP
        return int(self._call('cuMemHostAlloc', nbytes, flags))

    def mapped_pointer(self, memory: int) -> int:
        return int(self._call('cuMemHostGetDevicePointer', memory, 0))

    def free_pinned(self, memory: int) -> None:
        self._call('cuMemFreeHost', memory)

    def create_stream(self) -> int:
        flags = self._driver.CUstream_flags.CU_STREAM_NON_BLOCKING
        return int(self._call('cuStreamCreate', int(flags)))

    def destroy_stream(self, stream: int) -> None:
        self._call('cuStreamDestroy', stream)

    def synchronize(self, stream: int) -> None:
        self._call('cuStreamSynchronize', stream)

    def create_event(self, timing: bool, blocking: bool) -> int:
        known = self._driver.CUevent_flags
        flags = 0 if timing else int(known.CU_EVENT_DISABLE_TIMING)
        flags |= int(known.CU_EVENT_BLOCKING_SYNC) if blocking else 0
        return int(self._call('cuEventCreate', flags))

    def destroy_event(self, event: int) -> None:
        self._call('cuEventDestroy', event)

    def record(self, event: int, stream: int) -> None:
        self._call('cuEventRecord', event, stream)

    def wait(self, stream: int, event: int) -> None:
        self._call('cuStreamWaitEvent', stream, event, 0)

    def wait_for(self, event: int) -> None:
        self._call('cuEventSynchronize', event)

    def is_done(self, event: int) -> bool:
        (result,) = self._driver.cuEventQuery(event)
        if result == self._driver.CUresult.CUDA_ERROR_NOT_READY:
            return False
        self._check('cuEventQuery', result)
        return True

    def elapsed_ms(self, start: int, end: int) -> float:
        return float(self._call('cuEventElapsedTime', start, end))

    def copy_in(self, pointer: int, array: npt.NDArray[Any], stream: int) -> None:
        self._call('cuMemcpyHtoDAsync', pointer, array.ctypes.data, array.nbytes, stream)

    def copy_out(self, array: npt.NDArray[Any], pointer: int, stream: int) -> None:
        self._call('cuMemcpyDtoHAsync', array.ctypes.data, pointer, array.nbytes, stream)

    def copy(self, target: int, source: int, nbytes: int, stream: int) -> None:
        self._call('cuMemcpyDtoDAsync', target, source, nbytes, stream)

    def fill(self, pointer: int, value: int, nbytes: int, stream: int) -> None:
        self._call('cuMemsetD8Async', pointer, value, nbytes, stream)

    def load_module(self, image: bytes) -> int:
        return int(self._call('cuModuleLoadData', image))

    def unload_module(self, module: int) -> None:
        self._call('cuModuleUnload', module)

    def function(self, module: int, name: str) -> int:
        return int(self._call('cuModuleGetFunction', module, name.encode()))

    def launch(
        self,
        function: int,
        grid: Extent,
        block: Extent,
        arguments: ctypes.Structure,
        stream: int,
    ) -> None:
        # One pointer for the one parameter; the driver copies what it points to.
        parameters = (ctypes.c_void_p * 1)(ctypes.addressof(arguments))
        at = ctypes.addressof(parameters)
        self._call('cuLaunchKernel', function, *grid, *block, 0, stream, at, 0)

    def begin_capture(self, stream: int) -> None:
        # Other threads may allocate meanwhile; this one may not.
        mode = self._driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        self._call('cuStreamBeginCapture', stream, mode)

    def end_capture(self, stream: int) -> int:
        graph = self._call('cuStreamEndCapture', stream)
        try:
            return int(self._call('cuGraphInstantiate', graph, 0))
        finally:
            self._call('cuGraphDestroy', graph)

    def abandon_capture(self, stream: int) -> None:
        # A capture that went wrong ends with an error and without a graph: that is no news here.
        _, graph = self._driver.cuStreamEndCapture(stream)
        if graph is not None and int(graph):
            self._call('cuGraphDestroy', graph)

    def launch_graph(self, graph: int, stream: int) -> None:
        self._call('cuGraphLaunch', graph, stream)

    def destroy_graph(self, graph: int) -> None:
        self._call('cuGraphExecDestroy', graph)

    def _read_facts(self) -> DeviceFacts:
        known = self._driver.CUdevice_attribute

        def read(name: str) -> int:
            attribute = getattr(known, f'CU_DEVICE_ATTRIBUTE_{name}')
            return int(self._call('cuDeviceGetAttribute', attribute, self._device))

        name = self._call('cuDeviceGetName', 256, self._device)
        version = self._call('cuDriverGetVersion')
        return DeviceFacts(
            name.split(b'\0')[0].decode(),
            (read('COMPUTE_CAPABILITY_MAJOR'), read('COMPUTE_CAPABILITY_MINOR')),
            bool(read('INTEGRATED') and read('CAN_MAP_HOST_MEMORY')),
            (version // 1000, version % 1000 // 10),
        )

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call the driver; return its value, a tuple of several, or None."""
        result, *values = getattr(self._driver, name)(*arguments)
        self._check(name, result)
        if len(values) == 1:
            return values[0]
        return tuple(values) or None

    def _check(self, name: str, result: Any) -> None:
        if result != self._driver.CUresult.CUDA_SUCCESS:
            _, text = self._driver.cuGetErrorString(result)
            raise failed_call(name, result.name, (text or b'unknown error').decode())
