"""What is remembered of each object: which frames, and where in the store they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .sam2_store import Entries, MemorySizes, MemoryStore
from ..tensors import AnyArray

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

_NONE = -1
# The place in time of a frame that was shown; t - 1 is 0, t - 2 is 1, and so on.
_SHOWN = 6
# The networks count the age of a pointer in parts of so many frames.
_SPAN = 15


@dataclass(frozen=True)
class Recall:
    """Where in the bank lies what helps to find an object again, and how it lies in time."""

    maps: tuple[int, ...]
    positions: tuple[int, ...]
    pointers: tuple[int, ...]
    ages: tuple[float, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many maps and pointers there are: objects with the same go together."""
        return len(self.maps), len(self.pointers)


class Bank:
    """
    The memory of up to `max_num_objects` objects, a row for each.

    A row has entries for frames in which the object was shown, and a ring for the latest others.
    The book of the frames is kept here; the entries lie in a store, on the host or on a device.
    """

    def __init__(self, sizes: MemorySizes, store: MemoryStore) -> None:
        """Begin with an empty book over a store of these sizes."""
        self.store = store
        self.nbytes = sizes.nbytes
        self.rows = sizes.maps.rows
        self._shown = sizes.maps.shown
        self._recent = sizes.maps.most - self._shown, sizes.pointers.most - self._shown
        # The frame of each entry; numbers beyond `shown` are of the ring.
        self._map_frames, self._pointer_frames = (
            np.full((part.rows, part.each), _NONE, np.int64)
            for part in (sizes.maps, sizes.pointers)
        )

    def forget(self, row: int, after: int = _NONE) -> None:
        """Forget what a row has of the frames behind `after`, all where it is left out."""
        for frames in (self._map_frames[row], self._pointer_frames[row]):
            frames[frames > after] = _NONE

    def remember(self, row: int, frame: int, memory: AnyArray, pointer: Floats) -> None:
        """Keep a frame in which the object was followed."""
        self._clear(row, frame)
        for frames, entries, value in self._tables(row, memory, pointer):
            place = self._shown + frame % (len(frames) - self._shown)
            entries.put(row, place, value)
            frames[place] = frame

    def show(self, row: int, frame: int, memory: AnyArray, pointer: Floats) -> None:
        """Keep a frame in which the object was shown; the oldest makes room for it."""
        self._clear(row, frame)
        for frames, entries, value in self._tables(row, memory, pointer):
            place = int(np.argmin(frames[: self._shown]))
            oldest = int(frames[place])
            ring = self._shown + oldest % (len(frames) - self._shown)
            if oldest > frames[ring]:
                # It counts as an ordinary frame for as long as those are recalled.
                entries.move(row, ring, place)
                frames[ring] = oldest
            entries.put(row, place, value)
            frames[place] = frame

    def recall(self, row: int, frame: int) -> Recall:
        """Return what helps to find the object in a frame: only what lies before it."""
        maps, pointers = (
            [*self._before(frames, frame), *self._latest(frames, frame, count)]
            for frames, count in zip(
                (self._map_frames[row], self._pointer_frames[row]), self._recent, strict=True
            )
        )
        times = self._map_frames[row, maps].tolist()
        seen = self._pointer_frames[row, pointers].tolist()
        return Recall(
            tuple(maps),
            tuple(
                _SHOWN if place < self._shown else frame - time - 1
                for place, time in zip(maps, times, strict=True)
            ),
            tuple(pointers),
            tuple((frame - time) / _SPAN for time in seen),
        )

    def maps(self, rows: list[int], recalls: list[Recall]) -> AnyArray:
        """Return the maps of some objects with equal counts, (B, M, C, h, w)."""
        return self.store.maps.gather(rows, [recall.maps for recall in recalls])

    def pointers(self, rows: list[int], recalls: list[Recall]) -> AnyArray:
        """Return the pointers of some objects with equal counts, (B, P, D)."""
        return self.store.pointers.gather(rows, [recall.pointers for recall in recalls])

    def _tables(
        self, row: int, memory: AnyArray, pointer: Floats
    ) -> tuple[tuple[Numbers, Entries, AnyArray], ...]:
        return (
            (self._map_frames[row], self.store.maps, memory),
            (self._pointer_frames[row], self.store.pointers, pointer),
        )

    def _clear(self, row: int, frame: int) -> None:
        """Forget what a row has of one frame."""
        for frames in (self._map_frames[row], self._pointer_frames[row]):
            frames[frames == frame] = _NONE

    def _before(self, frames: Numbers, frame: int) -> list[int]:
        """Return the entries in which the object was shown, the oldest first."""
        shown = frames[: self._shown]
        kept = [place for place in np.argsort(shown, kind='stable') if 0 <= shown[place] < frame]
        return [int(place) for place in kept]

    def _latest(self, frames: Numbers, frame: int, count: int) -> list[int]:
        """Return the entries of the latest frames before one, the oldest first."""
        size = len(frames) - self._shown
        places = [(self._shown + time % size, time) for time in range(frame - count, frame)]
        return [place for place, time in places if time >= 0 and frames[place] == time]
