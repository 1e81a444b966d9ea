"""Device memory that is used again once nobody holds it."""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .array import DeviceArray
from .memory import DeviceBuffer
from .stream import Event
from ..buffers import is_free

if TYPE_CHECKING:
    from .device import Device


class DevicePool:
    """
    Hands out arrays of one size, each with an event to be recorded when it is written.

    As in `BufferPool`, memory is free again when only the pool refers to it, at most `limit`
    buffers are kept, and asking for another size forgets the old ones. Work that was put on a
    stream may still read it: who writes next does so on the same stream, or waits.
    """

    def __init__(self, device: Device, limit: int) -> None:
        """Make an empty pool that keeps up to `limit` buffers."""
        self._device = device
        self._limit = limit
        self._kept: list[DeviceBuffer] = []
        self._events: list[Event] = []
        self._lock = Lock()

    def __len__(self) -> int:
        """Return the number of buffers that the pool keeps, free or in use."""
        return len(self._kept)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """Return an array whose memory nobody else refers to; its contents are undefined."""
        nbytes = math.prod(shape) * np.dtype(dtype).itemsize
        with self._lock:
            if self._kept and self._kept[0].nbytes != nbytes:
                self.clear()
            for index, event in enumerate(self._events):
                if is_free(self._kept, index):
                    return DeviceArray(self._device, self._kept[index], shape, dtype, event)
            buffer, event = self._device.allocate(nbytes), self._device.event()
            if len(self._kept) < self._limit:
                self._kept.append(buffer)
                self._events.append(event)
            return DeviceArray(self._device, buffer, shape, dtype, event)

    def clear(self) -> None:
        """Forget all buffers; those in use live as long as they are."""
        self._kept.clear()
        self._events.clear()
