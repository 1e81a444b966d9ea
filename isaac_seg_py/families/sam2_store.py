"""Where the maps and pointers that are remembered of objects lie, and how they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .sam2_contract import Sam2Contract
from ..buffers import BufferPool
from ..tensors import AnyArray, on_host
from ..track_config import TrackConfig

Floats = npt.NDArray[np.float32]
Places = Sequence[tuple[int, ...]]

_POOLED = 4


@dataclass(frozen=True)
class EntrySizes:
    """
    The entries of one kind that are set aside for each of `rows` objects.

    `shown` of `each` are for frames in which the object was shown, the others are a ring. `most`
    are recalled at once. `halves` are kept as bfloat16, others as float32.
    """

    rows: int
    each: int
    shown: int
    most: int
    shape: tuple[int, ...]
    halves: bool

    @property
    def length(self) -> int:
        """Return the numbers of an entry."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Return the bytes of all entries."""
        return self.rows * self.each * self.length * (2 if self.halves else 4)


@dataclass(frozen=True)
class MemorySizes:
    """How much is remembered: maps of what was seen, and short summaries of it."""

    maps: EntrySizes
    pointers: EntrySizes

    @classmethod
    def of(cls, contract: Sam2Contract, config: TrackConfig) -> MemorySizes:
        """
        Return what the settings ask for.

        The rings reach further back than what is recalled, so that a frame of the history can be
        worked on again.
        """
        rows, shown = config.max_num_objects, config.max_cond_frames
        maps, pointers = (
            EntrySizes(
                rows, shown + recent + config.history_frames, shown, shown + recent, shape, halves
            )
            for recent, shape, halves in (
                (config.memory_frames - 1, contract.memory, True),
                (config.max_pointers - 1, (contract.pointer,), False),
            )
        )
        return cls(maps, pointers)

    @property
    def nbytes(self) -> int:
        """Return the bytes of all that is remembered."""
        return self.maps.nbytes + self.pointers.nbytes


class Entries(Protocol):
    """Entries of one kind, named by their row and their place in it."""

    def put(self, row: int, place: int, value: AnyArray) -> None:
        """Write an entry."""

    def move(self, row: int, target: int, source: int) -> None:
        """Copy an entry over another one of the same row."""

    def gather(self, rows: Sequence[int], places: Places) -> AnyArray:
        """Return entries of some rows, equally many of each, behind each other: (B, K, …)."""


class MemoryStore(Protocol):
    """Maps and pointers, wherever they lie; which entry is of which frame is told by the bank."""

    @property
    def maps(self) -> Entries:
        """Return the maps of what was seen."""

    @property
    def pointers(self) -> Entries:
        """Return the short summaries."""

    def whole(self, memories: AnyArray) -> list[bool]:
        """Say of each object whether its map may be remembered."""

    def parts(self, memories: AnyArray) -> Sequence[AnyArray]:
        """Return the map of each object."""


class HostEntries:
    """Entries in the memory of the host; bfloat16 are the upper halves of float32."""

    def __init__(self, sizes: EntrySizes) -> None:
        """Set the memory aside."""
        kind = np.uint16 if sizes.halves else np.float32
        self._halves = sizes.halves
        self._pool = BufferPool(_POOLED)
        self.values: npt.NDArray[Any] = np.zeros((sizes.rows, sizes.each, *sizes.shape), kind)

    def put(self, row: int, place: int, value: AnyArray) -> None:
        """Write an entry."""
        given = on_host(value)
        self.values[row, place] = as_halves(given) if self._halves else given

    def move(self, row: int, target: int, source: int) -> None:
        """Copy an entry over another one of the same row."""
        self.values[row, target] = self.values[row, source]

    def gather(self, rows: Sequence[int], places: Places) -> Floats:
        """Return entries of some rows, equally many of each, behind each other: (B, K, …)."""
        if not self._halves:
            found: Floats = self.values[np.array(rows)[:, np.newaxis], np.array(places, np.intp)]
            return found
        shape = (len(rows), len(places[0]), *self.values.shape[2:])
        out: Floats = self._pool.take(shape, np.float32)
        bits = out.view(np.uint32)
        for index, (row, entries) in enumerate(zip(rows, places, strict=True)):
            for place, entry in enumerate(entries):
                np.left_shift(self.values[row, entry], 16, out=bits[index, place], dtype=np.uint32)
        return out


class HostStore:
    """Maps and pointers in the memory of the host."""

    def __init__(self, sizes: MemorySizes) -> None:
        """Set the memory aside."""
        self.maps = HostEntries(sizes.maps)
        self.pointers = HostEntries(sizes.pointers)

    def whole(self, memories: AnyArray) -> list[bool]:
        """Say of each object whether its map may be remembered."""
        return [is_whole(memory) for memory in on_host(memories)]

    def parts(self, memories: AnyArray) -> Sequence[AnyArray]:
        """Return the map of each object."""
        return list(on_host(memories))


def is_whole(*values: Floats) -> bool:
    """Say whether a network's numbers may be remembered: one that is NaN spoils all that come."""
    return all(bool(np.isfinite(value).all()) for value in values)


def as_halves(values: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Return float32 rounded to bfloat16, to the nearest, and to the even one between two."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))
    return (rounded >> np.uint32(16)).astype(np.uint16)
