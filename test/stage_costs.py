"""
What the stages cost the processor beside the plain way to do the same, as JSON on the terminal.

It is run as a process of its own: whether the heap of a long one gives memory back to the system
changes the plain ways' cost by a factor of three.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import time
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.palette import DEFAULT
from isaac_seg_py.tensors import Tensors
import numpy as np

CELLS, IMAGE, NETWORK = (240, 320), (480, 640), (544, 960)
Pair = tuple[Callable[[], Any], Callable[[], Any]]


def encoder() -> Pair:
    """Shrink, normalise and make planar."""
    pixels = np.random.default_rng(800_700).integers(0, 256, (1200, 1920, 3), np.uint8)
    image = RawImage.from_array(pixels, 'rgb8')
    height, width = NETWORK
    encode = ImageEncoder(
        EncodeConfig(network_image_width=width, network_image_height=height, fit='stretch')
    )

    def plain() -> np.ndarray:
        small = cv2.resize(pixels, (width, height))
        tensor = ((small / np.float32(255) - np.float32(0.5)) / np.float32(0.5)).transpose(2, 0, 1)
        return np.ascontiguousarray(tensor[np.newaxis], np.float32)

    return lambda: next(iter(encode(image).arrays.values())), plain


def decoder() -> Pair:
    """Enlarge scores and take the highest; the plain way mixes every pixel."""
    scores = _regions(6)

    def plain() -> np.ndarray:
        return np.stack([cv2.resize(one, IMAGE[::-1]) for one in scores]).argmax(0)

    return _decoding(scores, IMAGE), plain


def winners() -> Pair:
    """Take the highest of nineteen scores."""
    scores = _regions(19)
    return _decoding(scores, CELLS), lambda: scores.argmax(0)


def colours() -> Pair:
    """Give each class its colour."""
    labels = _regions(6).argmax(0).astype(np.uint8).repeat(2, 0).repeat(2, 1)
    table = np.array([DEFAULT.rgb(index) for index in range(256)], np.uint8)
    return lambda: DEFAULT.color(labels), lambda: table[labels]


def run_lengths() -> Pair:
    """Pack thousands of runs; the plain way finds where they end, and packs nothing."""
    mask = _regions(6).argmax(0) % 2 == 1
    mask = mask.repeat(2, 0).repeat(2, 1)
    mask ^= np.random.default_rng(800_702).random(mask.shape) < 0.01

    def plain() -> np.ndarray:
        flat = np.ascontiguousarray(mask.T).reshape(-1) != 0
        return np.flatnonzero(flat[1:] != flat[:-1])

    return lambda: rle.encode(mask), plain


PAIRS: dict[str, Callable[[], Pair]] = {
    one.__name__: one for one in (encoder, decoder, winners, colours, run_lengths)
}


def cpu_ratio(work: Callable[[], Any], other: Callable[[], Any], rounds: int = 10) -> float:
    """Return how many times as much work takes as the other: the least of each, run in turn."""
    least = [float('inf')] * 2
    for number in range(rounds + 1):
        for which, one in enumerate((work, other)):
            begin = time.process_time()
            one()
            # The first round only warms up.
            if number:
                least[which] = min(least[which], time.process_time() - begin)
    return least[0] / least[1]


def _regions(classes: int) -> np.ndarray:
    """Return scores whose winners make regions, as those of a network do."""
    coarse = np.random.default_rng(800_701).normal(size=(classes, 9, 12)).astype(np.float32)
    planes = [cv2.resize(one, CELLS[::-1], interpolation=cv2.INTER_CUBIC) for one in coarse]
    return np.stack(planes)


def _decoding(scores: np.ndarray, size: tuple[int, int]) -> Callable[[], np.ndarray]:
    view = View(image=size, canvas=CELLS, content=CELLS, offset=(0, 0))
    decode, outputs = LabelDecoder(DecodeConfig()), Tensors({'scores': scores[np.newaxis]}, view)
    return lambda: decode(outputs).labels


if __name__ == '__main__':
    print(json.dumps({name: cpu_ratio(*pair()) for name, pair in PAIRS.items()}))
