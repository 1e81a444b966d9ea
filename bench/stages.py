"""The stages by themselves, on the CPU: from image to tensor, and from scores to masks."""

from __future__ import annotations

from collections.abc import Callable
import statistics
import time

import cv2
from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.process_start import tune_allocator
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import Tensors
import numpy as np

from .rows import Row

SEED = 832_000
ENCODE_MS, DECODE_MS = 4.0, 6.0
CLASSES, SIDE = 19, 512


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Return the median of some rounds, after a few to warm up."""
    for _ in range(3):
        work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


def scores_of_regions(seed: int) -> np.ndarray:
    """Return scores whose winners make regions, as those of a network do."""
    coarse = np.random.default_rng(seed).normal(size=(CLASSES, 12, 12)).astype(np.float32)
    planes = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for one in coarse]
    return np.stack(planes)[np.newaxis]


def rows(full: bool) -> list[Row]:
    """Measure both stages, with memory set up as the nodes do."""
    tune_allocator()
    rounds = 100 if full else 40
    image = RawImage.from_array(make_scene(SEED, (1200, 1920)).image, 'rgb8')
    encode = ImageEncoder(EncodeConfig(network_image_width=960, network_image_height=544))
    size = (720, 1280)
    view = View(image=size, canvas=(SIDE, SIDE), content=(SIDE, SIDE), offset=(0, 0))
    outputs = Tensors({'scores': scores_of_regions(SEED)}, view)
    decode = LabelDecoder(DecodeConfig())
    return [
        Row.below(
            'encode 1920x1200 to 960x544 float32 planar', ENCODE_MS,
            median_ms(lambda: encode(image), rounds), 'ms',
        ),
        Row.below(
            f'{CLASSES} classes at {SIDE}x{SIDE} to ids and colours at 1280x720', DECODE_MS,
            median_ms(lambda: decode(outputs).color(), rounds), 'ms',
        ),
    ]  # fmt: skip
