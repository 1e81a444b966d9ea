"""The networks of FULL in their own size, from image to masks: figures without a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_seg_py.progress import Progress
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.segmenter import Segmenter

from .networks import CLASSED, FOLDER, PROMPTED, why_missing
from .prompts import boxes_of
from .rows import Row
from .segment_anything import best_ms, SEED, SIZE

ROUNDS = 3


def rows(full: bool) -> list[Row]:
    """Measure the networks that are there; without FULL none is asked for."""
    found = []
    for name, what in (CLASSED | PROMPTED).items() if full else ():
        file = FOLDER / f'{name}.yaml'
        why = why_missing(file)
        if why:
            found.append(Row(what, '', why=why))
            continue
        measure = _classes if name in CLASSED else _box
        with Progress(what, ROUNDS + 1) as bar:
            ms = measure(str(file), bar)
        found.append(Row.note(what, f'{ms:.0f} ms, {1e3 / ms:.1f} in a second', ms=ms))
    return found


def _classes(model: str, bar: Progress) -> float:
    image = make_scene(SEED, SIZE).image
    with Segmenter.open(model, backend='onnxruntime') as segment:
        return _best(lambda: segment(image, want_scores=False), bar)


def _box(model: str, bar: Progress) -> float:
    image, boxes = make_scene(SEED, SIZE).image, boxes_of(SEED, SIZE, 1)
    with PromptableSegmenter.open(model, backend='onnxruntime') as sam:
        return _best(lambda: sam.predict(sam.encode(image), boxes=boxes), bar)


def _best(work: Callable[[], Any], bar: Progress) -> float:
    best_ms([work], 1, bar)
    return best_ms([work], ROUNDS, bar)[0]
