"""Arrays that host and device both see."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import numpy.typing as npt

from .stream import Stream
from ..closing import Closing

if TYPE_CHECKING:
    from .device import Device


class Mirror(Closing):
    """
    A page-locked array of the host with its counterpart on the device.

    On an integrated device both are the same memory, and `send` and `bring` have nothing to do.
    """

    def __init__(self, device: Device, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        """Allocate both sides."""
        self._pinned = device.pinned(shape, dtype)
        mapped = self._pinned.device_pointer
        self._buffer = device.allocate(self._pinned.nbytes) if mapped is None else None
        self._mapped = mapped or 0

    @property
    def array(self) -> npt.NDArray[Any]:
        """Return the array of the host."""
        return self._pinned.array

    @property
    def pointer(self) -> int:
        """Return the address on the device."""
        return self._mapped if self._buffer is None else self._buffer.pointer

    @property
    def nbytes(self) -> int:
        """Return the size in bytes."""
        return self._pinned.nbytes

    @property
    def is_free(self) -> bool:
        """Say whether nobody else refers to the array of the host."""
        return self._pinned.is_free

    def send(self, stream: Stream) -> None:
        """Copy from the host to the device; keep the array as it is until that is done."""
        if self._buffer is not None:
            stream.copy_in(self._buffer, self.array)

    def bring(self, stream: Stream) -> None:
        """Copy from the device to the host; read the array when that is done."""
        if self._buffer is not None:
            stream.copy_out(self.array, self._buffer)

    def close(self) -> None:
        """Give the device's side back, and the array when nobody else has it."""
        if self._buffer is not None:
            self._buffer.close()
        self._pinned.close()
