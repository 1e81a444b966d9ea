"""The driver's own library, for what a binding lacks, and to ask whether it is there at all."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Final

from .failures import failed_call
from ..errors import BackendError, BackendUnavailable

_NAME: Final = 'libcuda.so.1'
_THREAD_LOCAL: Final = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may allocate while this one captures."""


class DriverLibrary:
    """The functions of libcuda that are called without a binding; handles are numbers."""

    def __init__(self) -> None:
        """Load the library; raise BackendUnavailable where it is missing."""
        try:
            self._library = ctypes.CDLL(_NAME)
        except OSError as error:
            raise BackendUnavailable(
                f'no NVIDIA driver is installed ({_NAME} is not there)'
            ) from error

    def device_count(self) -> int:
        """Start the driver and return the number of devices."""
        self._call('cuInit', ctypes.c_uint(0))
        count = ctypes.c_int()
        self._call('cuDeviceGetCount', ctypes.byref(count))
        return count.value

    def pop_context(self) -> None:
        """Take the context that is current off this thread."""
        context = ctypes.c_void_p()
        self._call('cuCtxPopCurrent_v2', ctypes.byref(context))

    def begin_capture(self, stream: int) -> None:
        """Take down what this thread puts on the stream."""
        mode = ctypes.c_int(_THREAD_LOCAL)
        self._call('cuStreamBeginCapture_v2', ctypes.c_void_p(stream), mode)

    def end_capture(self, stream: int) -> int:
        """Return what was taken down as an executable graph."""
        graph, ready = ctypes.c_void_p(), ctypes.c_void_p()
        self._call('cuStreamEndCapture', ctypes.c_void_p(stream), ctypes.byref(graph))
        try:
            self._call(
                'cuGraphInstantiateWithFlags', ctypes.byref(ready), graph, ctypes.c_ulonglong(0)
            )
        finally:
            self._call('cuGraphDestroy', graph)
        return ready.value or 0

    def abandon_capture(self, stream: int) -> None:
        """Forget what was taken down."""
        graph = ctypes.c_void_p()
        # A capture that went wrong ends with an error and without a graph: that is no news here.
        self._library.cuStreamEndCapture(ctypes.c_void_p(stream), ctypes.byref(graph))
        if graph.value:
            self._call('cuGraphDestroy', graph)

    def launch_graph(self, graph: int, stream: int) -> None:
        """Put an executable graph on a stream."""
        self._call('cuGraphLaunch', ctypes.c_void_p(graph), ctypes.c_void_p(stream))

    def destroy_graph(self, graph: int) -> None:
        """Give an executable graph back."""
        self._call('cuGraphExecDestroy', ctypes.c_void_p(graph))

    def _call(self, name: str, *arguments: Any) -> None:
        result = getattr(self._library, name)(*arguments)
        if result:
            texts = (self._text(of, result) for of in ('cuGetErrorName', 'cuGetErrorString'))
            raise failed_call(name, *texts)

    def _text(self, name: str, result: int) -> str:
        found = ctypes.c_char_p()
        getattr(self._library, name)(ctypes.c_int(result), ctypes.byref(found))
        return (found.value or b'unknown error').decode()


@cache
def driver_library() -> DriverLibrary:
    """Return the library, loaded once."""
    return DriverLibrary()


def driver_complaint(index: int) -> str:
    """Say why a device cannot be used; empty when it can."""
    try:
        count = driver_library().device_count()
    except BackendError as error:
        return str(error)
    if index < count:
        return ''
    return f'device {index} was asked for; the driver has {count}'
