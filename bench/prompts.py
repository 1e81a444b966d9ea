"""
What prompts cost: one box and twenty on the same image, from the pixels to the masks.

The parts are timed by themselves as well: the encoder, the decoder, and the growing of its masks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import statistics
import sys
import time
from typing import Any

from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.errors import SegmentationError
from isaac_seg_py.progress import Progress
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_scene
import numpy as np

MODEL = 'tiny-sam'
SEED = 831_000
SIZES = ((480, 640), (720, 1280))
MANY = 20
ROUNDS = 15
TARGET = 1.5


def boxes_of(seed: int, size: tuple[int, int], count: int) -> list[list[float]]:
    """Return boxes of a scene's objects, moved a little when there are too few."""
    found = [list(map(float, box)) for box in make_scene(seed, size).boxes.values()]
    own = len(found)
    random = np.random.default_rng(seed)
    height, width = size
    while len(found) < count:
        x1, y1, x2, y2 = found[len(found) % own]
        move = random.uniform(-40, 40, 2)
        left, top = np.clip((x1 + move[0], y1 + move[1]), 0, (width - 9, height - 9))
        found.append([left, top, min(left + x2 - x1, width), min(top + y2 - y1, height)])
    return found[:count]


def medians_ms(works: Sequence[Callable[[], Any]], bar: Progress) -> list[float]:
    """Return the median of some rounds of each, in turn, after one to warm up."""
    times: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            begin = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begin)
            bar.step()
    return [statistics.median(taken) * 1e3 for taken in times]


def measure(sam: PromptableSegmenter, size: tuple[int, int], bar: Progress) -> list[float]:
    """Return milliseconds: the encoder, one box and many on its features, and both with it."""
    image = make_scene(SEED, size).image
    boxes = boxes_of(SEED, size, MANY)
    seen = sam.encode(image)
    works = (
        lambda: sam.encode(image),
        lambda: sam.predict(seen, boxes=boxes[:1]),
        lambda: sam.predict(seen, boxes=boxes),
        lambda: sam.predict(sam.encode(image), boxes=boxes[:1]),
        lambda: sam.predict(sam.encode(image), boxes=boxes),
    )
    return medians_ms(works, bar)


def main(model: str = MODEL) -> None:
    """Measure and print the table."""
    try:
        if not find_manifest(model).on_disk:
            print(f'\nprompts: {model} is not on disk; nothing was measured')
            return
    except SegmentationError as error:
        print(f'\nprompts: {error}')
        return
    print(f'\n{model}, one box and {MANY} boxes on an image, medians of {ROUNDS} in ms')
    print('size        encode   1 box  20 boxes   encode + 1   encode + 20   ratio   target')
    with (
        PromptableSegmenter.open(model, backend='onnxruntime') as sam,
        Progress(f'prompts {model}', len(SIZES) * 5 * ROUNDS) as bar,
    ):
        for height, width in SIZES:
            encode, one, many, with_one, with_many = measure(sam, (height, width), bar)
            ratio = with_many / with_one
            verdict = 'pass' if ratio <= TARGET else 'miss'
            print(
                f'{width}x{height:<6} {encode:7.1f} {one:7.1f} {many:9.1f} {with_one:12.1f} '
                f'{with_many:13.1f} {ratio:7.2f}   <= {TARGET} {verdict}'
            )


if __name__ == '__main__':
    main(*sys.argv[1:2])
