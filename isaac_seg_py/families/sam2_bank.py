"""What is remembered of each object: one value, whose memory is set aside once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .sam2_contract import Sam2Contract
from ..track_config import TrackConfig

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

    A row has entries for frames in which the object was shown, and a ring for the latest others;
    the rings reach further back than what is recalled, so that a frame of the history can be
    worked on again. Maps are bfloat16, as in Meta's code, kept as the upper halves of float32.
    """

    def __init__(self, contract: Sam2Contract, config: TrackConfig) -> None:
        """Set the memory aside."""
        rows, shown = config.max_num_objects, config.max_cond_frames
        self._recent = config.memory_frames - 1, config.max_pointers - 1
        self._shown = shown
        rings = [count + config.history_frames for count in self._recent]
        self._maps = np.zeros((rows, shown + rings[0], *contract.memory), np.uint16)
        self._pointers = np.zeros((rows, shown + rings[1], contract.pointer), np.float32)
        # The frame of each entry; numbers beyond `shown` are of the ring.
        self._map_frames = np.full(self._maps.shape[:2], _NONE, np.int64)
        self._pointer_frames = np.full(self._pointers.shape[:2], _NONE, np.int64)

    @property
    def rows(self) -> int:
        """Return how many objects there is room for."""
        return len(self._maps)

    @property
    def nbytes(self) -> int:
        """Return the bytes that were set aside."""
        return self._maps.nbytes + self._pointers.nbytes

    def forget(self, row: int, after: int = _NONE) -> None:
        """Forget what a row has of the frames behind `after`, all where it is left out."""
        for frames in (self._map_frames[row], self._pointer_frames[row]):
            frames[frames > after] = _NONE

    def remember(self, row: int, frame: int, memory: Floats, pointer: Floats) -> None:
        """Keep a frame in which the object was followed."""
        self._clear(row, frame)
        for frames, entries, value in self._tables(row, memory, pointer):
            place = self._shown + frame % (len(frames) - self._shown)
            entries[place], frames[place] = value, frame

    def show(self, row: int, frame: int, memory: Floats, pointer: Floats) -> None:
        """Keep a frame in which the object was shown; the oldest makes room for it."""
        self._clear(row, frame)
        for frames, entries, value in self._tables(row, memory, pointer):
            place = int(np.argmin(frames[: self._shown]))
            oldest = int(frames[place])
            ring = self._shown + oldest % (len(frames) - self._shown)
            if oldest > frames[ring]:
                # It counts as an ordinary frame for as long as those are recalled.
                entries[ring], frames[ring] = entries[place], oldest
            entries[place], frames[place] = value, frame

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

    def maps(self, rows: list[int], recalls: list[Recall], out: Floats) -> None:
        """Write the maps of some objects with equal counts into `out` (B, M, C, h, w)."""
        bits = out.view(np.uint32)
        for index, (row, recall) in enumerate(zip(rows, recalls, strict=True)):
            for place, entry in enumerate(recall.maps):
                np.left_shift(self._maps[row, entry], 16, out=bits[index, place], dtype=np.uint32)

    def pointers(self, rows: list[int], recalls: list[Recall]) -> Floats:
        """Return the pointers of some objects with equal counts, (B, P, D)."""
        places = np.array([recall.pointers for recall in recalls], np.intp)
        found: Floats = self._pointers[np.array(rows)[:, np.newaxis], places]
        return found

    def _tables(
        self, row: int, memory: Floats, pointer: Floats
    ) -> tuple[tuple[Numbers, npt.NDArray[np.generic], npt.NDArray[np.generic]], ...]:
        return (
            (self._map_frames[row], self._maps[row], _halves(memory)),
            (self._pointer_frames[row], self._pointers[row], pointer),
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


def is_whole(*values: Floats) -> bool:
    """Say whether a network's numbers may be remembered: one that is NaN spoils all that come."""
    return all(bool(np.isfinite(value).all()) for value in values)


def _halves(values: Floats) -> npt.NDArray[np.uint16]:
    """Return float32 rounded to bfloat16, to the nearest, and to the even one between two."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))
    return (rounded >> np.uint32(16)).astype(np.uint16)
