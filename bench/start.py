"""
From starting a process to its first mask.

One start before goes uncounted, as only the first start on a machine compiles the byte code of
Python, and as the measuring process has to load as much itself. The byte code is kept here even
where the environment says not to.
"""

from __future__ import annotations

import os
from pathlib import Path
import tempfile
import time
from unittest.mock import patch

from isaac_seg_py.cli.measuring.subjects import Asked
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
    """Measure the best of two, or of five."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {'PYTHONPYCACHEPREFIX': folder, 'PYTHONDONTWRITEBYTECODE': ''}
        with patch.dict(os.environ, kept):
            first_mask_s('tiny-unet')
            best = min(first_mask_s('tiny-unet') for _ in range(5 if full else 2))
    return [
        Row.below(
            'start of a graph to its first mask, ONNX on the CPU', TARGET_S, best, 's',
            load=os.getloadavg()[0],
        )
    ]  # fmt: skip
