"""Our path beside Hugging Face's image segmentation, around the same SegFormer-B0 and weights."""

from __future__ import annotations

import statistics
import time
from typing import Any

from isaac_seg_py.progress import Progress
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.segmenter import Segmenter
import numpy as np

from .networks import SEGFORMER, SEGFORMER_FOLDER, why_no_peer
from .rows import Row

SEED = 832_000
TARGET, SAME = 4.0, 99.5
WHAT = 'against transformers, SegFormer-B0, 1280x720 in and out'


def rows(full: bool) -> list[Row]:
    """Measure both in turn, where the libraries and the weights are."""
    why = why_no_peer(SEGFORMER)
    if why:
        return [
            Row(f'{WHAT}: speed', f'>= {TARGET:g} times', why=why),
            Row(f'{WHAT}: equal pixels', f'>= {SAME:g} %', why=why),
        ]
    from .peers.hf_pipeline import HfPipeline

    image = make_scene(SEED, (720, 1280)).image
    rounds = 10 if full else 4
    peer = HfPipeline(SEGFORMER_FOLDER)
    times: tuple[list[float], list[float]] = ([], [])
    with (
        Segmenter.open(str(SEGFORMER), backend='onnxruntime') as segment,
        Progress('Hugging Face', 2 * rounds) as bar,
    ):

        def ours() -> Any:
            return segment(image, want_scores=False).labels

        theirs_found, ours_found = peer(image), ours().copy()
        for _ in range(rounds):
            for which, work in enumerate((lambda: peer(image), ours)):
                begin = time.perf_counter()
                work()
                times[which].append(time.perf_counter() - begin)
                bar.step()
    theirs_ms, ours_ms = (1e3 * statistics.median(one) for one in times)
    equal = 100 * float(np.mean(theirs_found == ours_found))
    known = {'theirs_ms': theirs_ms, 'ours_ms': ours_ms, 'equal_percent': equal}
    verdict = 'pass' if equal >= SAME else 'MISS'
    return [
        Row.times(f'{WHAT}: speed', TARGET, theirs_ms / ours_ms, **known),
        Row(f'{WHAT}: equal pixels', f'>= {SAME:g} %', f'{equal:.2f} %', equal / SAME, verdict),
    ]
