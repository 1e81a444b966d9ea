"""Memory stays where it is over a thousand images, and objects keep names and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import gc
from pathlib import Path
import sys
from typing import Any

from isaac_seg_py import VideoTracker
import numpy as np
import pytest

Open = Callable[..., VideoTracker]
FRAMES = 1000
# Something kept of one image in ten is 130 blocks and more: at least an array and its place.
BLOCKS = 100
RESIDENT = 4_000_000


def picture(frame: int) -> np.ndarray:
    image = np.zeros((48, 64, 3), np.uint8)
    image[8:24, 4 + frame % 30 : 24 + frame % 30] = (255, 0, 0)
    image[28:44, 34 - frame % 30 : 54 - frame % 30] = (0, 255, 0)
    return image


class Work:
    """Objects that come, are corrected, renamed, and go; keeps book of who should be there."""

    def __init__(self, track: VideoTracker) -> None:
        self.track = track
        self.names: list[str] = []
        self.numbers: dict[str, int] = {}
        self.seen = 0

    def add(self, name: str, **shown: Any) -> None:
        self.track.add(name, **shown)
        self.names.append(name)

    def remove_first(self) -> None:
        name = self.names.pop(0)
        self.track.remove(name)
        del self.numbers[name]

    def rename_last(self, name: str) -> None:
        old, self.names[-1] = self.names[-1], name
        self.track.rename(old, name)
        self.numbers[name] = self.numbers.pop(old)

    def step(self, frame: int) -> None:
        """Follow one image, and compare with the book."""
        shift = frame % 30
        if frame % 7 == 0:
            self.add(f'red {frame}', points=(14 + shift, 16))
        if frame % 11 == 0:
            self.add(f'green {frame}', box=(34 - shift, 28, 54 - shift, 44))
        seen = self.track(picture(frame), stamp=frame)
        assert seen.ids == self.track.ids == tuple(self.names)
        assert not seen.refused
        numbers = seen.labels.tolist()
        assert len(set(numbers)) == len(numbers)
        for name, number in zip(self.names, numbers, strict=True):
            assert self.numbers.setdefault(name, number) == number
        self.seen += int(seen.visible.sum())
        if frame % 5 == 0:
            self.track.update(self.names[0], points=(14 + shift, 16))
        if frame % 13 == 0 and len(self.names) > 1:
            self.rename_last(f'other {frame}')
        while len(self.names) > 4:
            self.remove_first()

    def clear(self, frame: int) -> None:
        """Let everything go, and let the history run out."""
        self.track.clear()
        self.names, self.numbers = [], {}
        for late in range(3):
            self.track(picture(0), stamp=frame + late / 4)


@pytest.mark.slow
@pytest.mark.skipif(not Path('/proc/self/statm').exists(), reason='only Linux tells it so')
def test_memory_is_flat_over_a_thousand_images(tracker: Open) -> None:
    work = Work(tracker(max_num_objects=6, history_frames=3))
    sizes: list[tuple[int, int]] = []
    for frame in range(FRAMES):
        work.step(frame)
        if frame in (314, FRAMES - 1):
            work.clear(frame)
            # The next one must not find an empty roster.
            work.add(f'again {frame}', points=(14, 16))
            gc.collect()
            sizes.append((_resident(), sys.getallocatedblocks()))
    (resident, blocks), (resident_later, blocks_later) = sizes
    assert work.seen > 3 * FRAMES
    assert resident_later - resident < RESIDENT
    assert blocks_later - blocks < BLOCKS


def _resident() -> int:
    """Return the bytes that the process has in memory, which libraries below Python take too."""
    fields = Path('/proc/self/statm').read_text().split()
    return int(fields[1]) * 4096


def test_the_bank_is_set_aside_once(tracker: Open) -> None:
    track = tracker(max_num_objects=6)
    bank = track._following._bank
    arrays = [bank.store.maps.values, bank.store.pointers.values]
    assert sum(array.nbytes for array in arrays) == bank.nbytes
    work = Work(track)
    for frame in range(40):
        work.step(frame)
    assert track._following._bank is bank
    assert arrays[0] is bank.store.maps.values and arrays[1] is bank.store.pointers.values


def test_objects_of_the_same_age_go_through_the_networks_together(tracker: Open) -> None:
    track = tracker(max_num_objects=8)
    counts: Counter[str] = Counter()
    _count(track._network, counts)
    for frame in range(40):
        if frame in (0, 3):
            for index in range(frame, frame + 3):
                track.add(index, points=(14, 16))
        track(picture(0))
    # 3 prompts at once, twice; those of the two ages go apart until both remember all they may.
    assert counts['_encoder'] == 40
    assert counts['_reader'] < 40 + 20
    counts.clear()
    for _ in range(10):
        track(picture(0))
    assert counts == dict.fromkeys(('_encoder', '_reader', '_decoder', '_writer'), 10)


def _count(network: Any, counts: Counter[str]) -> None:
    """Count how often each network runs."""
    for name in ('_encoder', '_decoder', '_writer', '_reader'):
        part = getattr(network, name)

        def counted(inputs: Any, name: str = name, run: Any = part.run) -> Any:
            counts[name] += 1
            return run(inputs)

        part.run = counted
