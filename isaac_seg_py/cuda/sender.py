"""From the host's arrays to the device, without waiting."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from .memory import PinnedArray
from .stream import Array, DeviceMemory, Stream
from ..closing import Closing

if TYPE_CHECKING:
    from .device import Device


class _Envelope:
    """Page-locked bytes, and the event from which on they may be written again."""

    def __init__(self, device: Device) -> None:
        self.sent = device.event()
        self.bytes: PinnedArray | None = None


class Sender(Closing):
    """
    Copies arrays of any shape to the device by way of page-locked memory, which only grows.

    The array is free again when `send` returns. As many as there are `envelopes` may be on their
    way at once; more wait for the oldest.
    """

    def __init__(self, device: Device, envelopes: int = 1) -> None:
        """Begin without memory."""
        self._device = device
        self._envelopes = [_Envelope(device) for _ in range(envelopes)]
        self._turn = cycle(self._envelopes)

    def send(self, stream: Stream, array: Array, target: DeviceMemory) -> None:
        """Put the way to the device on a stream."""
        envelope = next(self._turn)
        envelope.sent.synchronize()
        if envelope.bytes is None or envelope.bytes.nbytes < array.nbytes:
            envelope.bytes = self._device.pinned((array.nbytes,), np.uint8)
        shown = envelope.bytes.array[: array.nbytes].view(array.dtype).reshape(array.shape)
        np.copyto(shown, array)
        stream.copy_in(target, shown)
        stream.record(envelope.sent)

    def close(self) -> None:
        """Give the memory back."""
        for envelope in self._envelopes:
            envelope.sent.close()
            if envelope.bytes is not None:
                envelope.bytes.close()
