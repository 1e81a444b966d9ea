"""
Measure an instance network on scenes it has not seen: average precision of its masks (AP50).

    python -m training.evaluate_instances models/tiny_instances.onnx --first 800000 --count 100

Needs ONNX Runtime and the scenes, nothing else of the package: what is decoded here by plain
means is also a check of the package's own decoder.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import time

import cv2
from isaac_seg_py.scenes import CLASS_NAMES, make_scene, Scene
import numpy as np
import numpy.typing as npt
import onnxruntime

from .evaluate import letterbox

Floats = npt.NDArray[np.float32]

_LEAST_SCORE = 0.02
_MOST_OVERLAP = 0.6
_MOST_OBJECTS = 100
# A mask finds an object when they overlap by this much.
_FOUND_OVERLAP = 0.5


@dataclass(frozen=True)
class Finding:
    """One object that a network found."""

    class_id: int
    score: float
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tally:
    """What was found of one class."""

    scores: Floats
    right: npt.NDArray[np.bool_]
    """For each score, whether an object was there that none of a higher score had found."""
    objects: int


Predict = Callable[[npt.NDArray[np.uint8]], list[Finding]]


def predict_with(path: Path) -> Predict:
    """Open an ONNX file with the tensors of YOLO's segmentation networks."""
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    given = session.get_inputs()[0]
    size = (int(given.shape[2]), int(given.shape[3]))

    def predict(image: npt.NDArray[np.uint8]) -> list[Finding]:
        values, inside = letterbox(image, size)
        cells, prototypes = session.run(None, {given.name: values})
        return _findings(cells[0].T, prototypes[0], size, inside, image.shape[:2])

    return predict


def _findings(
    cells: Floats,
    prototypes: Floats,
    canvas: tuple[int, int],
    inside: tuple[slice, slice],
    size: tuple[int, int],
) -> list[Finding]:
    scores = cells[:, 4 : cells.shape[1] - len(prototypes)]
    coefficients = cells[:, cells.shape[1] - len(prototypes) :]
    corners = np.hstack([cells[:, :2] - cells[:, 2:4] / 2, cells[:, :2] + cells[:, 2:4] / 2])
    found = []
    for number in _keep(corners, scores.max(axis=1), scores.argmax(axis=1)):
        logits = np.tensordot(coefficients[number], prototypes, 1)
        large = cv2.resize(logits, canvas[::-1], interpolation=cv2.INTER_LINEAR)[inside]
        mask = cv2.resize(large, size[::-1], interpolation=cv2.INTER_LINEAR) > 0
        scale = size[0] / large.shape[0]
        x1, y1, x2, y2 = corners[number]
        left, right = (round((x - inside[1].start) * scale) for x in (x1, x2))
        top, bottom = (round((y - inside[0].start) * scale) for y in (y1, y2))
        cut = np.zeros(size, bool)
        part = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
        cut[part] = mask[part]
        best = int(scores[number].argmax())
        found.append(Finding(best + 1, float(scores[number, best]), cut))
    return found


def _keep(corners: Floats, scores: Floats, classes: npt.NDArray[np.intp]) -> list[int]:
    """Choose boxes from the best on; those that overlap a better one of their class go."""
    kept: list[int] = []
    for number in np.argsort(-scores, kind='stable'):
        if scores[number] < _LEAST_SCORE or len(kept) == _MOST_OBJECTS:
            break
        same = [other for other in kept if classes[other] == classes[number]]
        if not same or _overlap(corners[number], corners[same]).max() <= _MOST_OVERLAP:
            kept.append(int(number))
    return kept


def _overlap(box: Floats, others: Floats) -> Floats:
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    both = np.maximum(sides, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return np.asarray(both / np.maximum(areas - both, 1e-9))


def measure(predict: Predict, seeds: range, size: tuple[int, int]) -> list[Tally]:
    """Compare what is found in scenes with what is there; one tally per class."""
    classes = range(1, len(CLASS_NAMES))
    hits: dict[int, list[tuple[float, bool]]] = {class_id: [] for class_id in classes}
    there = dict.fromkeys(classes, 0)
    for seed in seeds:
        scene = make_scene(seed, size)
        for number in scene.boxes:
            there[scene.class_ids[number]] += 1
        for finding, right in _match(predict(scene.image), scene):
            hits[finding.class_id].append((finding.score, right))
    tallies = []
    for class_id in classes:
        order = sorted(hits[class_id], key=lambda hit: -hit[0])
        scores = np.array([score for score, _ in order], np.float32)
        right = np.array([right for _, right in order], bool)
        tallies.append(Tally(scores, right, there[class_id]))
    return tallies


def _match(findings: list[Finding], scene: Scene) -> list[tuple[Finding, bool]]:
    """Say of each finding whether it is right; each object is found once, by the best score."""
    areas = np.bincount(scene.instances.ravel(), minlength=max(scene.class_ids, default=0) + 1)
    free = set(scene.boxes)
    judged = []
    for finding in sorted(findings, key=lambda finding: -finding.score):
        shared = np.bincount(scene.instances[finding.mask], minlength=len(areas))
        overlaps = shared / np.maximum(areas + finding.mask.sum() - shared, 1)
        same = [n for n in sorted(free) if scene.class_ids[n] == finding.class_id]
        best = max(same, key=lambda number: overlaps[number], default=None)
        right = best is not None and bool(overlaps[best] >= _FOUND_OVERLAP)
        if right and best is not None:
            free.remove(best)
        judged.append((finding, right))
    return judged


def average_precision(tallies: list[Tally]) -> npt.NDArray[np.float64]:
    """Give the average precision per class as COCO does: the mean at 101 values of recall."""
    values = []
    for tally in tallies:
        right = np.cumsum(tally.right)
        precision = right / np.arange(1, len(right) + 1)
        # The best precision that can still be had at this recall or beyond.
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        recall = right / max(tally.objects, 1)
        places = np.searchsorted(recall, np.linspace(0, 1, 101), side='left')
        at = [precision[place] if place < len(precision) else 0.0 for place in places]
        values.append(float(np.mean(at)) if tally.objects else float('nan'))
    return np.array(values)


def report(values: npt.NDArray[np.float64]) -> str:
    """Write the average precision of each class and their mean on one line."""
    named = [f'{name} {value:.3f}' for name, value in zip(CLASS_NAMES[1:], values, strict=True)]
    return f'mask AP50 {np.nanmean(values):.4f}  ({", ".join(named)})'


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description='Measure an instance network on unseen scenes.')
    parser.add_argument('model', type=Path)
    parser.add_argument('--first', type=int, default=800_000, help='first seed')
    parser.add_argument('--count', type=int, default=100, help='number of seeds')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), metavar=('H', 'W'))
    options = parser.parse_args()
    start = time.monotonic()
    seeds = range(options.first, options.first + options.count)
    values = average_precision(measure(predict_with(options.model), seeds, tuple(options.size)))
    print(
        f'{options.model}: {options.count} scenes from seed {options.first}, '
        f'{time.monotonic() - start:.0f} s'
    )
    print(report(values))


if __name__ == '__main__':
    main()
