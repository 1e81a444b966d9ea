"""DeviceArray: a tensor in the memory of a device."""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .stream import DeviceMemory, Event
from ..errors import TensorError

if TYPE_CHECKING:
    from .device import Device


class Stretch:
    """A part of memory of the device, which it keeps."""

    def __init__(self, memory: DeviceMemory, offset: int, nbytes: int) -> None:
        """View some bytes; raise TensorError when they are not all there."""
        if not 0 <= offset <= offset + nbytes <= memory.nbytes:
            raise TensorError(
                f'bytes {offset} to {offset + nbytes} were asked for; there are {memory.nbytes}'
            )
        self._memory = memory
        self._offset = offset
        self.nbytes = nbytes

    @property
    def pointer(self) -> int:
        """Return the address on the device."""
        return self._memory.pointer + self._offset


class DeviceArray:
    """
    Shape and type over memory of a device, with the event that says when it is written.

    It stands in `Tensors` beside numpy's arrays. Who reads it on a stream lets the stream wait for
    `ready`, and keeps the array until the stream has passed: its memory is used again afterwards.
    """

    def __init__(
        self,
        device: Device,
        buffer: DeviceMemory,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        ready: Event | None = None,
    ) -> None:
        """View the beginning of a buffer; raise TensorError when it is too small."""
        self.device = device
        self.buffer = buffer
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.ready = ready
        self.nbytes = math.prod(shape) * self.dtype.itemsize
        if self.nbytes > buffer.nbytes:
            raise TensorError(
                f'{self.dtype} of shape {list(shape)} needs {self.nbytes} bytes; the buffer has '
                f'{buffer.nbytes}'
            )

    @property
    def pointer(self) -> int:
        """Return the address on the device."""
        return self.buffer.pointer

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    def reshape(self, shape: tuple[int, ...]) -> DeviceArray:
        """Return the same memory in another shape of as many elements."""
        if math.prod(shape) != math.prod(self.shape):
            raise TensorError(f'{list(self.shape)} cannot be seen as {list(shape)}')
        return DeviceArray(self.device, self.buffer, shape, self.dtype, self.ready)

    def part(self, index: int) -> DeviceArray:
        """Return the same memory of one element of the first axis."""
        nbytes = self.nbytes // self.shape[0]
        stretch = Stretch(self.buffer, index * nbytes, nbytes)
        return DeviceArray(self.device, stretch, self.shape[1:], self.dtype, self.ready)

    def numpy(self) -> npt.NDArray[Any]:
        """Wait until it is written, and return a copy on the host."""
        return self.device.fetch(self)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Wait until it is written, and describe it for other libraries (version 3)."""
        if self.ready is not None:
            self.ready.synchronize()
        return {
            'shape': self.shape,
            'typestr': self.dtype.str,
            'data': (self.pointer, False),
            'strides': None,
            'stream': None,
            'version': 3,
        }
