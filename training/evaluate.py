"""
Measure an ONNX file on scenes it has not seen: mean intersection over union.

    python -m training.evaluate models/tiny_unet.onnx --first 800000 --count 100

Needs ONNX Runtime and the scenes, nothing else of the package.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
import time

import cv2
from isaac_seg_py.scenes import CLASS_NAMES, make_scene
import numpy as np
import numpy.typing as npt
import onnxruntime

Predict = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.intp]]


def confusion_matrix(
    predict: Predict, seeds: range, size: tuple[int, int]
) -> npt.NDArray[np.int64]:
    """Count pixels: rows are true classes, columns predicted ones."""
    classes = len(CLASS_NAMES)
    counts = np.zeros((classes, classes), np.int64)
    for seed in seeds:
        scene = make_scene(seed, size)
        pairs = scene.labels.astype(np.intp) * classes + predict(scene.image)
        counts += np.bincount(pairs.ravel(), minlength=classes**2).reshape(classes, classes)
    return counts


def intersection_over_union(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give the IoU per class; NaN for a class that is neither there nor predicted."""
    both = np.diag(counts).astype(float)
    either = counts.sum(axis=0) + counts.sum(axis=1) - both
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def letterbox(
    image: npt.NDArray[np.uint8], size: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], tuple[slice, slice]]:
    """Give (1, 3, H, W) values of -1 to 1, and where on the canvas the image lies."""
    scale = min(size[0] / image.shape[0], size[1] / image.shape[1])
    height, width = round(image.shape[0] * scale), round(image.shape[1] * scale)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    inside = slice(top, top + height), slice(left, left + width)
    canvas = np.zeros((*size, 3), np.uint8)
    canvas[inside] = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    values = (canvas.astype(np.float32) / 255 - 0.5) / 0.5
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), inside


def labels_from(
    scores: npt.NDArray[np.float32], inside: tuple[slice, slice], size: tuple[int, int]
) -> npt.NDArray[np.intp]:
    """Bring (C, H, W) scores to image size, bilinearly, and take the best class."""
    cut = np.ascontiguousarray(scores[:, inside[0], inside[1]].transpose(1, 2, 0))
    large = np.asarray(cv2.resize(cut, (size[1], size[0]), interpolation=cv2.INTER_LINEAR))
    return np.asarray(large.argmax(axis=2))


def predict_with(path: Path) -> Predict:
    """Open an ONNX file of one input and one output of scores."""
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    given = session.get_inputs()[0]
    size = (int(given.shape[2]), int(given.shape[3]))

    def predict(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        values, inside = letterbox(image, size)
        (scores,) = session.run(None, {given.name: values})
        return labels_from(scores[0], inside, image.shape[:2])

    return predict


def report(counts: npt.NDArray[np.int64]) -> str:
    """Write the IoU of each class and their mean on one line."""
    values = intersection_over_union(counts)
    named = [f'{name} {value:.3f}' for name, value in zip(CLASS_NAMES, values, strict=True)]
    return f'mean IoU {np.nanmean(values):.4f}  ({", ".join(named)})'


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description='Measure an ONNX file on unseen scenes.')
    parser.add_argument('model', type=Path)
    parser.add_argument('--first', type=int, default=800_000, help='first seed')
    parser.add_argument('--count', type=int, default=100, help='number of seeds')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), metavar=('H', 'W'))
    options = parser.parse_args()
    start = time.monotonic()
    seeds = range(options.first, options.first + options.count)
    counts = confusion_matrix(predict_with(options.model), seeds, tuple(options.size))
    print(
        f'{options.model}: {options.count} scenes from seed {options.first}, '
        f'{time.monotonic() - start:.0f} s'
    )
    print(report(counts))


if __name__ == '__main__':
    main()
