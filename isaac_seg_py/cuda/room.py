"""Device memory for one array at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .array import DeviceArray
from .memory import DeviceBuffer

if TYPE_CHECKING:
    from .device import Device


class Room:
    """
    Memory that grows where it must, and never shrinks.

    Each array takes the place of the one before: all work with them is put on one stream, or
    waited for.
    """

    def __init__(self, device: Device, nbytes: int = 0) -> None:
        """Set memory aside, or wait for the first array."""
        self._device = device
        self._buffer: DeviceBuffer | None = device.allocate(nbytes) if nbytes else None
        self._ready = device.event()

    def array(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike, at_least: int = 0
    ) -> DeviceArray:
        """Return an array with an event to be recorded; `at_least` bytes are for later ones."""
        need = max(1, at_least, math.prod(shape) * np.dtype(dtype).itemsize)
        if self._buffer is None or self._buffer.nbytes < need:
            # The old one goes first where nobody holds it: both may be too much.
            self._buffer = None
            self._buffer = self._device.allocate(need)
        return DeviceArray(self._device, self._buffer, shape, dtype, self._ready)
