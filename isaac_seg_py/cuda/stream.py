"""Streams, in which work is done in its order, and events, which say how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy.typing as npt

from .context import Context, no_freeing, Owned
from .graph import Capture
from ..errors import BackendError

Array = npt.NDArray[Any]


class DeviceMemory(Protocol):
    """A place on the device: a DeviceBuffer or a DeviceArray."""

    @property
    def pointer(self) -> int:
        """Return the address on the device."""

    @property
    def nbytes(self) -> int:
        """Return the size in bytes."""


class Event(Owned):
    """A point in the work of a stream. One that was never recorded has happened."""

    def __init__(self, context: Context, timing: bool, blocking: bool) -> None:
        """Make an event; only one with `timing` can be measured."""
        with context as binding:
            super().__init__(
                context, binding.create_event(timing, blocking), binding.destroy_event
            )

    @property
    def is_done(self) -> bool:
        """Say whether it has happened, without waiting."""
        with self._context as binding:
            return binding.is_done(self.handle)

    def synchronize(self) -> None:
        """Wait until it has happened."""
        with self._context as binding:
            binding.wait_for(self.handle)

    def elapsed_ms(self, since: Event) -> float:
        """Return the milliseconds from another event to this one; both have happened."""
        with self._context as binding:
            return binding.elapsed_ms(since.handle_for(self._context), self.handle)


class Stream(Owned):
    """
    Work for the device, done in the order in which it was put here.

    All but `synchronize` and `capture` return before the work is done. Memory of the host that is
    not page-locked is copied in between, which takes longer.
    """

    def __init__(self, context: Context) -> None:
        """Make a stream."""
        with context as binding:
            super().__init__(context, binding.create_stream(), binding.destroy_stream)

    def copy_in(self, buffer: DeviceMemory, array: Array) -> None:
        """Copy an array to the device; keep it as it is until the work is done."""
        _check_fits(array, buffer)
        with self._context as binding:
            binding.copy_in(buffer.pointer, array, self.handle)

    def copy_out(self, array: Array, buffer: DeviceMemory) -> None:
        """Copy from the device to an array; read it when the work is done."""
        _check_fits(array, buffer)
        with self._context as binding:
            binding.copy_out(array, buffer.pointer, self.handle)

    def copy(self, dst: DeviceMemory, src: DeviceMemory, nbytes: int) -> None:
        """Copy within the device."""
        for memory in (dst, src):
            if not 0 < nbytes <= memory.nbytes:
                raise BackendError(f'cannot copy {nbytes} bytes; a buffer has {memory.nbytes}')
        with self._context as binding:
            binding.copy(dst.pointer, src.pointer, nbytes, self.handle)

    def fill(self, buffer: DeviceMemory, byte: int) -> None:
        """Set each byte of a buffer."""
        if not 0 <= byte <= 255:
            raise BackendError(f'cannot fill with {byte}; a byte is 0 to 255')
        with self._context as binding:
            binding.fill(buffer.pointer, byte, buffer.nbytes, self.handle)

    def record(self, event: Event) -> None:
        """Let the event happen when the work so far is done."""
        with self._context as binding:
            binding.record(event.handle_for(self._context), self.handle)

    def wait(self, event: Event) -> None:
        """Let later work wait for the event of another stream."""
        with self._context as binding:
            binding.wait(self.handle, event.handle_for(self._context))

    def synchronize(self) -> None:
        """Wait until all work is done."""
        with self._context as binding:
            binding.synchronize(self.handle)

    @contextmanager
    def capture(self) -> Iterator[Capture]:
        """
        Take down the work of a `with` block instead of doing it; `.graph` of what it gives has it.

        The block may not allocate, wait or read results. What it used must live as long as the
        graph does.
        """
        capture = Capture()
        with self._context as binding, no_freeing():
            binding.begin_capture(self.handle)
            try:
                yield capture
            except BaseException:
                binding.abandon_capture(self.handle)
                raise
            capture.finish(self._context, binding.end_capture(self.handle))


def _check_fits(array: Array, buffer: DeviceMemory) -> None:
    if not array.flags.c_contiguous:
        raise BackendError(
            f'an array of shape {array.shape} has gaps between its elements; copy it first'
        )
    if array.nbytes > buffer.nbytes:
        raise BackendError(
            f'an array of {array.nbytes} bytes came; the buffer has {buffer.nbytes}'
        )
