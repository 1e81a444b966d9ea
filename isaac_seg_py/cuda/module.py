"""Compiled kernels, and their start."""

from __future__ import annotations

import ctypes
from typing import Any

from .context import Context, Owned
from .stream import Stream


class Module(Owned):
    """Kernels that were compiled for this device (cubin), or that the driver compiles (PTX)."""

    def __init__(self, context: Context, image: bytes) -> None:
        """Load a compiled image; raise BackendError when it is not for this device."""
        with context as binding:
            super().__init__(context, binding.load_module(image), binding.unload_module)

    def kernel(self, name: str) -> Kernel:
        """Return a kernel by its (unmangled) name."""
        with self._context as binding:
            return Kernel(self, binding.function(self.handle, name))

    def launch(
        self,
        function: int,
        stream: Stream,
        grid: tuple[int, int, int],
        block: tuple[int, int, int],
        arguments: ctypes.Structure,
    ) -> None:
        """Put a kernel of this module on a stream."""
        # Reading the handle raises the error of a closed module.
        _ = self.handle
        handle = stream.handle_for(self._context)
        with self._context as binding:
            binding.launch(function, grid, block, arguments, handle)


class Kernel:
    """A function that runs once per thread; it keeps its module."""

    def __init__(self, module: Module, function: int) -> None:
        """Take a function of a module; `Module.kernel` makes one."""
        self._module = module
        self._function = function

    def launch(
        self,
        stream: Stream,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        arguments: ctypes.Structure,
    ) -> None:
        """Put the kernel on a stream; `arguments`, its only parameter, is copied at once."""
        self._module.launch(self._function, stream, _three(grid), _three(block), arguments)


def _three(extent: tuple[int, ...]) -> Any:
    return (*extent, 1, 1)[:3]
