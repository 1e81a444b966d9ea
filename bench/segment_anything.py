"""Segment Anything and SAM 2 beside transformers, with the same prompts and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
import itertools
import time
from typing import Any

from isaac_seg_py.progress import Progress
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_scene, make_video
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np

from .networks import asked_for, FOLDER, SAM, SAM2, why_no_peer
from .prompts import boxes_of
from .rows import Row

SEED = 832_000
SIZE = (720, 1280)
MANY, OBJECTS = 20, (1, 3)
# A memory holds seven images: from then on each image costs the same.
FILLED = 7
# Each has one thread: two of PyTorch's wait for each other where other work runs beside them.
THREADS = 1


def rows(full: bool) -> list[Row]:
    """Measure the networks that are there; PyTorch compiled as well where a GPU is."""
    found = []
    for name in asked_for(full):
        side, label = (SAM | SAM2)[name]
        what = f'against transformers, {label}'
        why = why_no_peer(FOLDER / f'{name}.yaml')
        if why:
            found.append(Row(what, '', why=why))
            continue
        from .peers.transformers_sam import on_gpu

        measure = image_rows if name in SAM else video_rows
        for compiled in (False, True) if on_gpu() else (False,):
            which = f'{what}, compiled' if compiled else what
            found += measure(name, which, compiled, 2 if side > 512 else 4)
    return found


def best_ms(works: Sequence[Callable[[], Any]], rounds: int, bar: Progress) -> list[float]:
    """Return the least time of each, of some rounds in turn."""
    best = [float('inf')] * len(works)
    for _ in range(rounds):
        for which, work in enumerate(works):
            begin = time.perf_counter()
            work()
            best[which] = min(best[which], 1e3 * (time.perf_counter() - begin))
            bar.step()
    return best


def image_rows(name: str, what: str, compiled: bool, rounds: int) -> list[Row]:
    """Measure an image with a box, and twenty more boxes on it."""
    from .peers.transformers_sam import TransformersSam

    image, boxes = make_scene(SEED, SIZE).image, boxes_of(SEED, SIZE, MANY)
    peer = TransformersSam(FOLDER / name, compiled, THREADS)
    with (
        PromptableSegmenter.open(str(FOLDER / f'{name}.yaml'), threads=THREADS) as sam,
        Progress(what, 4 * (rounds + 1)) as bar,
    ):
        seen, known = sam.encode(image), peer.encode(image)
        works = (
            lambda: sam.predict(sam.encode(image), boxes=boxes[:1]),
            lambda: peer.predict(peer.encode(image), boxes[:1]),
            lambda: sam.predict(seen, boxes=boxes),
            lambda: peer.predict(known, boxes),
        )
        best_ms(works, 1, bar)
        ours, theirs, ours_many, theirs_many = best_ms(works, rounds, bar)
        # Where nobody has to reduce the image, all that differs is rounding.
        square = make_scene(SEED, (SAM[name][0],) * 2)
        box = [list(map(float, next(iter(square.boxes.values()))))]
        mine = sam.predict(sam.encode(square.image), boxes=box).masks
        same = 100 * float(np.mean(mine == peer.predict(peer.encode(square.image), box)))
    return [
        _row(f'{what}, an image and a box', ours, theirs),
        _row(f'{what}, {MANY} more boxes on the image', ours_many, theirs_many),
        Row.note(f'{what}, equal pixels', f'{same:.2f} %'),
    ]


def video_rows(name: str, what: str, compiled: bool, rounds: int) -> list[Row]:
    """Measure an image of a video in which objects are followed."""
    from .peers.transformers_sam import TransformersSam2

    peer = TransformersSam2(FOLDER / name, compiled, THREADS)
    images = [scene.image for scene in make_video(SEED, 4, SIZE, objects=3)]
    boxes = boxes_of(SEED, SIZE, max(OBJECTS))
    found = []
    with ExitStack() as stack:
        bar = stack.enter_context(Progress(what, 2 * len(OBJECTS) * (FILLED + rounds)))
        for count in OBJECTS:
            peer.start(boxes[:count], SIZE)
            track = stack.enter_context(
                VideoTracker.open(str(FOLDER / f'{name}.yaml'), threads=THREADS)
            )
            for number, box in enumerate(boxes[:count]):
                track.add(number, box=box)
            # Each takes the same images in turn.
            mine, others = itertools.cycle(images), itertools.cycle(images)
            works = (lambda: track(next(mine)).masks, lambda: peer(next(others)))  # noqa: B023
            best_ms(works, FILLED, bar)
            ours, theirs = best_ms(works, rounds, bar)
            which = 'an object' if count == 1 else f'{count} objects'
            found.append(_row(f'{what}, an image of a video with {which}', ours, theirs))
    return found


def _row(what: str, ours: float, theirs: float) -> Row:
    figure = f'{theirs / ours:.2f} times ({ours:.0f} against {theirs:.0f} ms)'
    return Row.note(what, figure, ours_ms=ours, theirs_ms=theirs)
