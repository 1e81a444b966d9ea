"""What this package needs of the CUDA driver: the narrow interface that each binding offers."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

Handle = int
Extent = tuple[int, int, int]


@dataclass(frozen=True)
class DeviceFacts:
    """What a device is; `integrated` ones share their memory with the processor."""

    name: str
    compute_capability: tuple[int, int]
    integrated: bool
    driver_version: tuple[int, int]


class Binding(Protocol):
    """
    The primary context of one device, as one Python library reaches it.

    Whatever is made is named by a number. All but `push`, `pop` and `release` need the context to
    be current on the calling thread. A failure is a BackendError that names the call.
    """

    name: str
    facts: DeviceFacts

    def push(self) -> None:
        """Make the context current on this thread, over the one that was."""

    def pop(self) -> None:
        """Make the context current that was so before `push`."""

    def release(self) -> None:
        """Let the context go; nothing may be called afterwards."""

    def memory(self) -> tuple[int, int]:
        """Return the free and all bytes of the device."""

    def allocate(self, nbytes: int) -> Handle:
        """Return the address of new memory on the device."""

    def free(self, memory: Handle) -> None:
        """Give memory of the device back."""

    def allocate_pinned(self, nbytes: int, mapped: bool) -> Handle:
        """Return the address of new page-locked memory of the host."""

    def mapped_pointer(self, memory: Handle) -> int:
        """Return the address under which the device sees mapped page-locked memory."""

    def free_pinned(self, memory: Handle) -> None:
        """Give page-locked memory back."""

    def create_stream(self) -> Handle:
        """Return a stream that does not wait for the default one."""

    def destroy_stream(self, stream: Handle) -> None:
        """Give a stream back; work that is on it is still done."""

    def synchronize(self, stream: Handle) -> None:
        """Wait until all work on a stream is done."""

    def create_event(self, timing: bool, blocking: bool) -> Handle:
        """Return an event; waiting for a blocking one leaves the processor to others."""

    def destroy_event(self, event: Handle) -> None:
        """Give an event back."""

    def record(self, event: Handle, stream: Handle) -> None:
        """Let the event happen when the work put on the stream so far is done."""

    def wait(self, stream: Handle, event: Handle) -> None:
        """Let later work on the stream wait for the event."""

    def wait_for(self, event: Handle) -> None:
        """Wait for the event on the calling thread."""

    def is_done(self, event: Handle) -> bool:
        """Say whether the event has happened."""

    def elapsed_ms(self, start: Handle, end: Handle) -> float:
        """Return the time between two events that have happened."""

    def copy_in(self, pointer: int, array: npt.NDArray[Any], stream: Handle) -> None:
        """Copy a contiguous array to the device."""

    def copy_out(self, array: npt.NDArray[Any], pointer: int, stream: Handle) -> None:
        """Copy from the device to a contiguous array."""

    def copy(self, target: int, source: int, nbytes: int, stream: Handle) -> None:
        """Copy from the device to the device."""

    def fill(self, pointer: int, value: int, nbytes: int, stream: Handle) -> None:
        """Set each byte."""

    def load_module(self, image: bytes) -> Handle:
        """Load a cubin or PTX."""

    def unload_module(self, module: Handle) -> None:
        """Give a module and its functions back."""

    def function(self, module: Handle, name: str) -> Handle:
        """Return a kernel of a module."""

    def launch(
        self,
        function: Handle,
        grid: Extent,
        block: Extent,
        arguments: ctypes.Structure,
        stream: Handle,
    ) -> None:
        """Run a kernel whose only parameter is the structure, which is copied at once."""

    def begin_capture(self, stream: Handle) -> None:
        """Take down what this thread puts on the stream instead of doing it."""

    def end_capture(self, stream: Handle) -> Handle:
        """Return what was taken down as a graph that is ready to run."""

    def abandon_capture(self, stream: Handle) -> None:
        """Forget what was taken down; the stream works as before."""

    def launch_graph(self, graph: Handle, stream: Handle) -> None:
        """Do what was taken down."""

    def destroy_graph(self, graph: Handle) -> None:
        """Give a graph back."""
