"""Memory of the device, and page-locked memory of the host that the device reads and writes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .context import Context, Owned
from ..buffers import is_free
from ..closing import Closing
from ..errors import BackendError


class DeviceBuffer(Owned):
    """Memory of the device; nobody has written to it yet."""

    def __init__(self, context: Context, nbytes: int) -> None:
        """Allocate; raise BackendError where there is not so much."""
        with context as binding:
            super().__init__(context, binding.allocate(_checked(nbytes)), binding.free)
        self.nbytes = nbytes

    @property
    def pointer(self) -> int:
        """Return the address on the device."""
        return self.handle


class _Pinned(Owned):
    """Page-locked memory that numpy can show; it lives as long as an array does."""

    def __init__(
        self, context: Context, shape: tuple[int, ...], dtype: np.dtype[Any], mapped: bool
    ) -> None:
        nbytes = math.prod(shape) * dtype.itemsize
        with context as binding:
            memory = binding.allocate_pinned(_checked(nbytes), mapped)
            # At exit an array may still show it: the end of the process frees it.
            super().__init__(context, memory, binding.free_pinned, at_exit=False)
            self.device_pointer = binding.mapped_pointer(memory) if mapped else None
        self.__array_interface__ = {
            'shape': shape,
            'typestr': dtype.str,
            'data': (memory, False),
            'version': 3,
        }


class PinnedArray(Closing):
    """
    A numpy array in page-locked memory, which copies to and from the device need to be quick.

    The memory is given back when the last array that shows it is gone, never before. Where it is
    mapped, `device_pointer` is its address on the device: integrated ones need no copy.
    """

    def __init__(
        self, context: Context, shape: tuple[int, ...], dtype: npt.DTypeLike, mapped: bool
    ) -> None:
        """Allocate; the contents are undefined."""
        memory = _Pinned(context, shape, np.dtype(dtype), mapped)
        self.device_pointer = memory.device_pointer
        self.pointer = memory.handle
        # The base of the array, and so of each view of it, is what owns the memory.
        self._arrays: list[npt.NDArray[Any]] = [np.asarray(memory)]

    @property
    def array(self) -> npt.NDArray[Any]:
        """Return the array."""
        if not self._arrays:
            raise BackendError('this PinnedArray is closed; make another one')
        return self._arrays[0]

    @property
    def is_free(self) -> bool:
        """Say whether nobody else refers to the array or to a view of it."""
        return bool(self._arrays) and is_free(self._arrays, 0)

    @property
    def nbytes(self) -> int:
        """Return the size in bytes."""
        return self.array.nbytes

    def close(self) -> None:
        """Let go of the array; the memory is given back when nobody else has it."""
        self._arrays.clear()


def _checked(nbytes: int) -> int:
    if nbytes < 1:
        raise BackendError(f'{nbytes} bytes were asked for; 1 or more can be allocated')
    return nbytes
