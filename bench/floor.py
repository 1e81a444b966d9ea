"""
Our pipeline beside a bare loop of OpenCV and ONNX Runtime around the same network and images.

The loop is as anyone writes it: one image after the other, ONNX Runtime as it comes. Images in a
second are those of `Segmenter.stream` with `threads=1`; one at a time, each side is called alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import cycle, islice
import time

from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.progress import Progress
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.segmenter import Segmenter

from .networks import SEGFORMER, why_missing
from .peers.bare_loop import BareLoop
from .rows import Row

SMALL = ('tiny-unet', 'tiny-segformer', 'tiny-fcn')
SEED = 832_000
TARGET = 0.95
SIDES = ('bare', 'alone', 'stream')
WHAT = 'pipeline against a bare ONNX Runtime loop'


def rates(model: str, seconds: float, rounds: int, bar: Progress) -> dict[str, float]:
    """Return images in a second of each side: the best of some rounds in turn."""
    shown = [make_scene(SEED + at, (720, 1280)).image for at in range(4)]
    bare = BareLoop(find_manifest(model).model_file())
    best = dict.fromkeys(SIDES, 0.0)
    with ExitStack() as stack:
        alone, beside = (
            stack.enter_context(Segmenter.open(model, backend='onnxruntime', threads=threads))
            for threads in (0, 1)
        )

        def time_of(side: str, count: int) -> float:
            images = islice(cycle(shown), count)
            works = {
                'bare': lambda: map(bare, images),
                'alone': lambda: (alone(image, want_scores=False) for image in images),
                'stream': lambda: beside.stream(images, want_scores=False),
            }
            return _seconds(works[side])

        for side in SIDES:
            time_of(side, len(shown))
        # Both sides go through as many images as the bare loop has done in this time.
        count = max(8, round(seconds * len(shown) / time_of('bare', len(shown))))
        for _ in range(rounds):
            for side in SIDES:
                best[side] = max(best[side], count / time_of(side, count))
                bar.step()
    return best


def _seconds(work: Callable[[], Iterable[object]]) -> float:
    """Return the seconds until everything has come that an iterable gives."""
    begin = time.perf_counter()
    for _ in work():
        pass
    return time.perf_counter() - begin


def rows(full: bool) -> list[Row]:
    """Measure the small models, and SegFormer-B0 where its file is."""
    seconds, rounds = (2.0, 5) if full else (0.7, 3)
    found = []
    models = {name: name for name in SMALL}
    missing = why_missing(SEGFORMER)
    if not missing:
        models['SegFormer-B0 512x512'] = str(SEGFORMER)
    with Progress('bare loop', len(SIDES) * rounds * len(models)) as bar:
        for name, model in models.items():
            fps = rates(model, seconds, rounds, bar)
            told = {f'{side}_fps': rate for side, rate in fps.items()}
            found += [
                Row.times(
                    f'{WHAT}, images in a second, {name}',
                    TARGET, fps['stream'] / fps['bare'], **told,
                ),
                Row.note(
                    f'the same, one image at a time, {name}',
                    f'{fps["alone"] / fps["bare"]:.2f} times', **told,
                ),
            ]  # fmt: skip
    if missing:
        what = f'{WHAT}, images in a second, SegFormer-B0 512x512'
        found.append(Row(what, f'>= {TARGET:g} times', why=missing))
    return found
