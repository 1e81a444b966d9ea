"""Device: an NVIDIA GPU that is ready for work."""

from __future__ import annotations

from functools import cached_property
from typing import Any
import weakref

import numpy as np
import numpy.typing as npt

from .array import DeviceArray
from .binding import Binding
from .context import Context
from .memory import DeviceBuffer, PinnedArray
from .module import Kernel, Module
from .programs import load_kernel
from .stream import Event, Stream
from ..closing import Closing


class Device(Closing):
    """
    The primary context of a GPU, which TensorRT, PyTorch and others in this process share.

    What it makes belongs to whoever holds it, and is given back at the latest when the device is
    closed. Everything may be used from any thread; a stream from one at a time.
    """

    def __init__(self, binding: Binding) -> None:
        """Take a binding whose context is held; `open_device` makes one."""
        self._context = Context(binding)
        self.binding = binding.name
        self.name = binding.facts.name
        self.compute_capability = binding.facts.compute_capability
        self.integrated = binding.facts.integrated
        self.driver_version = binding.facts.driver_version
        self._kernels: dict[str, Kernel] = {}
        # Made first, so at exit it is the last to go.
        self._finalizer = weakref.finalize(self, self._context.close)

    def memory(self) -> tuple[int, int]:
        """Return the free and all bytes of the device."""
        with self._context as binding:
            return binding.memory()

    def current(self) -> Context:
        """Return what makes the context current for a `with` block, for libraries that need it."""
        return self._context

    def stream(self) -> Stream:
        """Return a new stream."""
        return Stream(self._context)

    def event(self, timing: bool = False, *, blocking: bool = False) -> Event:
        """Return a new event; waiting for a `blocking` one leaves the processor to others."""
        return Event(self._context, timing, blocking)

    def allocate(self, nbytes: int) -> DeviceBuffer:
        """Return new memory on the device."""
        return DeviceBuffer(self._context, nbytes)

    def pinned(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> PinnedArray:
        """Return a new page-locked array; mapped where the device shares the host's memory."""
        return PinnedArray(self._context, shape, dtype, mapped=self.integrated)

    def array(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """Return a new array on the device; its contents are undefined."""
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return DeviceArray(self, self.allocate(nbytes), shape, dtype)

    def module(self, image: bytes) -> Module:
        """Load compiled kernels."""
        return Module(self._context, image)

    def kernel(self, name: str) -> Kernel:
        """Return one of this package's kernels (see `programs.KERNELS`), compiled where needed."""
        if name not in self._kernels:
            self._kernels[name] = load_kernel(self, name)
        return self._kernels[name]

    def fetch(self, array: DeviceArray) -> npt.NDArray[Any]:
        """Wait until an array is written, and return a copy on the host."""
        result = np.empty(array.shape, array.dtype)
        if array.ready is not None:
            self._fetching.wait(array.ready)
        self._fetching.copy_out(result, array)
        self._fetching.synchronize()
        return result

    def close(self) -> None:
        """Give back all that was made here, and the context; closing twice is harmless."""
        self._finalizer()

    @cached_property
    def _fetching(self) -> Stream:
        return self.stream()
