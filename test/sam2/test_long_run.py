"""Memory stays where it is over a thousand images, and five objects cost little more than one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import gc
from pathlib import Path
import tracemalloc
from typing import Any

from isaac_seg_py import VideoTracker
import numpy as np
import pytest

Open = Callable[..., VideoTracker]
FRAMES = 1000
# A map of one object is 1 kB here: a leak of one in ten images would show.
HELD = 64_000
RESIDENT = 4_000_000


def picture(frame: int) -> np.ndarray:
    image = np.zeros((48, 64, 3), np.uint8)
    image[8:24, 4 + frame % 30 : 24 + frame % 30] = (255, 0, 0)
    image[28:44, 34 - frame % 30 : 54 - frame % 30] = (0, 255, 0)
    return image


def work(track: VideoTracker, frame: int) -> None:
    """Follow one image, with objects that come, are corrected, renamed, and go."""
    shift = frame % 30
    if frame % 7 == 0:
        track.add(f'red {frame}', points=(14 + shift, 16))
    if frame % 11 == 0:
        track.add(f'green {frame}', box=(34 - shift, 28, 54 - shift, 44))
    seen = track(picture(frame), stamp=frame)
    assert seen.ids == track.ids
    assert not seen.refused
    if frame % 5 == 0:
        track.update(seen.ids[0], points=(14 + shift, 16))
    if frame % 13 == 0 and len(seen) > 1:
        track.rename(seen.ids[-1], f'other {frame}')
    while len(track.ids) > 4:
        track.remove(track.ids[0])


@pytest.mark.slow
@pytest.mark.skipif(not Path('/proc/self/statm').exists(), reason='only Linux tells it so')
def test_memory_is_flat_over_a_thousand_images(tracker: Open) -> None:
    track = tracker(max_num_objects=6, history_frames=3)
    sizes: list[int] = []
    for frame in range(FRAMES):
        work(track, frame)
        if frame in (FRAMES // 4, FRAMES - 1):
            gc.collect()
            sizes.append(_resident())
    assert sizes[1] - sizes[0] < RESIDENT
    # What Python holds is told to the byte, but slowly: a shorter run does.
    tracemalloc.start()
    try:
        held: list[int] = []
        for frame in range(FRAMES, FRAMES + 200):
            work(track, frame)
            if frame in (FRAMES + 99, FRAMES + 199):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < HELD


def _resident() -> int:
    """Return the bytes that the process has in memory, which libraries below Python take too."""
    fields = Path('/proc/self/statm').read_text().split()
    return int(fields[1]) * 4096


def test_the_bank_is_set_aside_once(tracker: Open) -> None:
    track = tracker(max_num_objects=6)
    bank = track._following._bank
    arrays = [bank._maps, bank._pointers]
    size = bank.nbytes
    for frame in range(40):
        work(track, frame)
    assert bank.nbytes == size
    assert all(
        one is other for one, other in zip(arrays, (bank._maps, bank._pointers), strict=True)
    )


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
