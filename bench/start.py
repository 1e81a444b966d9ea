"""From starting a process to its first mask."""

from __future__ import annotations

import os
from pathlib import Path
import tempfile
import time

from isaac_seg_py.cli.bench_subjects import Asked
from isaac_seg_py.images import RawImage
from isaac_seg_py.scenes import make_scene

from .rows import Row

SEED = 832_000
TARGET_S = 3.0
PATIENCE_S = 60.0


def first_mask_s(model: str) -> float:
    """Return the seconds from the start of `isaac-seg run` to its first mask."""
    image = RawImage.from_array(make_scene(SEED, (720, 1280)).image, 'rgb8')
    with tempfile.TemporaryDirectory() as name:
        asked = Asked.read('unet', {'model': model}, Path(name))
        begin = time.perf_counter()
        with asked.open('ros-2', image) as graph:
            while not len(graph.monitor):
                graph.send(time.time_ns())
                time.sleep(1 / 30)
                if time.perf_counter() - begin > PATIENCE_S:
                    raise SystemExit(f'no mask came within {PATIENCE_S:g} s')
        rows_of = graph.monitor.rows()
        return float(rows_of[0, 1] / 1e9 - (time.time() - (time.perf_counter() - begin)))


def rows(full: bool) -> list[Row]:
    """Measure once, or the best of three."""
    best = min(first_mask_s('tiny-unet') for _ in range(3 if full else 1))
    return [
        Row.below(
            'start of a graph to its first mask, ONNX on the CPU', TARGET_S, best, 's',
            load=os.getloadavg()[0],
        )
    ]  # fmt: skip
