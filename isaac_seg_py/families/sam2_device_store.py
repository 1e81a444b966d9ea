"""What is remembered of objects in the memory of a device: only places and flags cross over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .sam2_store import EntrySizes, is_whole, MemorySizes, Places
from ..closing import Closing
from ..cuda import Device, DeviceArray, Room, Sender, Stretch
from ..cuda.kernel_geometry import LINE, line_grid
from ..cuda.kernel_structs import ELEMENTS, MemoryReadParameters, MemoryWriteParameters
from ..cuda.mirror import Mirror
from ..tensors import AnyArray

_SENT_AT_ONCE = 16


class Lane(Closing):
    """A device, the one stream that all work is put on, and what crosses over to it."""

    def __init__(self, device: Device, most: int) -> None:
        """Take a device, which is closed with this; `most` objects go through at once."""
        self.device, self.most = device, most
        self.stream = device.stream()
        self.sender = Sender(device, _SENT_AT_ONCE)
        self.faults = Mirror(device, (most,), np.uint32)

    def close(self) -> None:
        """Give back all that is on the device."""
        self.sender.close()
        self.faults.close()
        self.device.close()


class DeviceEntries:
    """Entries in the memory of a device, which is set aside once, with room to recall them."""

    def __init__(self, lane: Lane, sizes: EntrySizes, dtype: str) -> None:
        """Set the memory aside; entries are recalled as `dtype`."""
        device = lane.device
        self._sizes, self._dtype = sizes, np.dtype(dtype)
        self._stream, self._sender = lane.stream, lane.sender
        self._values = device.allocate(sizes.nbytes)
        self._entry = sizes.nbytes // (sizes.rows * sizes.each)
        recalled = lane.most * sizes.most
        self._out = Room(device, recalled * sizes.length * self._dtype.itemsize)
        self._places = Room(device, recalled * np.dtype(np.int32).itemsize)
        self._given = Room(device, sizes.length * np.dtype(np.float32).itemsize)
        self._read, self._write = device.kernel('memory_read'), device.kernel('memory_write')
        # What was never written is never recalled, but must not look like numbers that were.
        self._stream.fill(self._values, 0)

    def put(self, row: int, place: int, value: AnyArray) -> None:
        """Write an entry; it is rounded on the device."""
        target = self._place(row, place)
        array = self._there(value)
        if not self._sizes.halves:
            self._stream.copy(target, array, self._entry)
            return
        parameters = MemoryWriteParameters(
            values=array.pointer,
            target=target.pointer,
            length=self._sizes.length,
            count=1,
            element=ELEMENTS.index(array.dtype.name),
        )
        self._write.launch(self._stream, line_grid(self._sizes.length, 1), LINE, parameters)

    def move(self, row: int, target: int, source: int) -> None:
        """Copy an entry over another one of the same row."""
        self._stream.copy(self._place(row, target), self._place(row, source), self._entry)

    def gather(self, rows: Sequence[int], places: Places) -> DeviceArray:
        """Return entries of some rows, equally many of each, behind each other: (B, K, …)."""
        sizes = self._sizes
        table = np.array(rows, np.int32)[:, np.newaxis] * sizes.each + np.array(places, np.int32)
        out = self._out.array((*table.shape, *sizes.shape), self._dtype)
        if table.size:
            there = self._places.array(table.shape, np.int32)
            self._sender.send(self._stream, table.astype(np.int32, copy=False), there)
            parameters = MemoryReadParameters(
                entries=self._values.pointer,
                places=there.pointer,
                out=out.pointer,
                length=sizes.length,
                count=table.size,
                halves=sizes.halves,
                element=ELEMENTS.index(self._dtype.name),
            )
            grid = line_grid(sizes.length, table.size)
            self._read.launch(self._stream, grid, LINE, parameters)
        assert out.ready is not None
        self._stream.record(out.ready)
        return out

    def _place(self, row: int, place: int) -> Stretch:
        return Stretch(self._values, (row * self._sizes.each + place) * self._entry, self._entry)

    def _there(self, value: AnyArray) -> DeviceArray:
        """Return a value on the device, in the order of the stream."""
        if isinstance(value, DeviceArray):
            if value.ready is not None:
                self._stream.wait(value.ready)
            return value
        given = np.ascontiguousarray(value, np.float32)
        there = self._given.array(given.shape, given.dtype)
        self._sender.send(self._stream, given, there)
        return there


class DeviceStore:
    """Maps and pointers in the memory of a device; all work with them is on one stream."""

    def __init__(self, lane: Lane, sizes: MemorySizes, dtypes: tuple[str, str]) -> None:
        """Set the memory aside; `dtypes` are those in which maps and pointers are recalled."""
        self._stream, self._faults = lane.stream, lane.faults
        self.maps, self.pointers = (
            DeviceEntries(lane, part, dtype)
            for part, dtype in zip((sizes.maps, sizes.pointers), dtypes, strict=True)
        )
        self._count = lane.device.kernel('memory_write')
        self._length = sizes.maps.length

    def whole(self, memories: AnyArray) -> list[bool]:
        """Say of each object whether its map may be remembered; wait for that."""
        if isinstance(memories, np.ndarray):
            return [is_whole(memory) for memory in memories]
        assert isinstance(memories, DeviceArray)
        if memories.ready is not None:
            self._stream.wait(memories.ready)
        self._stream.fill(self._faults, 0)
        count = memories.shape[0]
        parameters = MemoryWriteParameters(
            values=memories.pointer,
            faults=self._faults.pointer,
            length=self._length,
            count=count,
            element=ELEMENTS.index(memories.dtype.name),
        )
        self._count.launch(self._stream, line_grid(self._length, count), LINE, parameters)
        self._faults.bring(self._stream)
        self._stream.synchronize()
        return [not faults for faults in self._faults.array[:count].tolist()]

    def parts(self, memories: AnyArray) -> Sequence[AnyArray]:
        """Return the map of each object."""
        if isinstance(memories, DeviceArray):
            return [memories.part(index) for index in range(memories.shape[0])]
        assert isinstance(memories, np.ndarray)
        return list(memories)
