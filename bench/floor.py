"""Our pipeline beside a bare loop of OpenCV and ONNX Runtime around the same network."""

from __future__ import annotations

from collections.abc import Callable
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


def rate(work: Callable[[], object], seconds: float) -> float:
    """Return how often some work is done in a second."""
    begin, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - begin) < seconds:
        work()
        done += 1
    return done / passed


def ratio(model: str, seconds: float, rounds: int, bar: Progress) -> tuple[float, float]:
    """Return images in a second, ours and bare: the best of some rounds in turn."""
    image = make_scene(SEED, (720, 1280)).image
    best = [0.0, 0.0]
    bare = BareLoop(find_manifest(model).model_file())
    with Segmenter.open(model, backend='onnxruntime') as segment:
        works = (lambda: segment(image, want_scores=False), lambda: bare(image))
        for work in works:
            work()
        for _ in range(rounds):
            for which, work in enumerate(works):
                best[which] = max(best[which], rate(work, seconds))
                bar.step()
    return best[0], best[1]


def rows(full: bool) -> list[Row]:
    """Measure the small models, and SegFormer-B0 where its file is."""
    seconds, rounds = (2.0, 5) if full else (0.7, 3)
    found = []
    models = {name: name for name in SMALL}
    missing = why_missing(SEGFORMER)
    if not missing:
        models['SegFormer-B0 512x512'] = str(SEGFORMER)
    with Progress('bare loop', 2 * rounds * len(models)) as bar:
        for name, model in models.items():
            ours, bare = ratio(model, seconds, rounds, bar)
            found.append(
                Row.times(
                    f'pipeline against a bare ONNX Runtime loop, {name}', TARGET, ours / bare,
                    ours_fps=ours, bare_fps=bare,
                )
            )  # fmt: skip
    if missing:
        what = 'pipeline against a bare ONNX Runtime loop, SegFormer-B0 512x512'
        found.append(Row(what, f'>= {TARGET:g} times', why=missing))
    return found
