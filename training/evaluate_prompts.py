"""
Measure a promptable model on scenes it has not seen: mean IoU of what it is shown.

    python -m training.evaluate_prompts models/tiny_sam.yaml --first 800000 --count 100

Every object of which enough can be seen is asked for on its own: by its box, by the deepest point
of what can be seen of it, by any point on it, and by a box that is drawn badly.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
import time
from typing import Any, TypeAlias

from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_scene, Scene
import numpy as np
import numpy.typing as npt

from .prompts import any_point, box_tokens, deepest_point, Mask

# Pixels of an object that can be seen, at least.
LEAST_PIXELS = 40
Overlaps: TypeAlias = dict[str, list[float]]
# What is given to `PromptableSegmenter.predict` for the masks of a scene.
Prompter = Callable[[list[Mask], np.random.Generator], dict[str, Any]]


def exact_boxes(masks: list[Mask], random: np.random.Generator) -> dict[str, Any]:
    """Show each object by the box around it."""
    return {'boxes': [_box(mask) for mask in masks]}


def drawn_boxes(masks: list[Mask], random: np.random.Generator) -> dict[str, Any]:
    """Show each object by a box as a person draws it."""
    return {'boxes': [box_tokens(mask, random)[0].ravel() for mask in masks]}


def deepest_points(masks: list[Mask], random: np.random.Generator) -> dict[str, Any]:
    """Show each object by the point of it that is farthest from its edges."""
    return {'points': [deepest_point(mask) for mask in masks]}


def any_points(masks: list[Mask], random: np.random.Generator) -> dict[str, Any]:
    """Show each object by any point of it."""
    return {'points': [any_point(mask, random) for mask in masks]}


KINDS: dict[str, Prompter] = {
    'box': exact_boxes,
    'drawn box': drawn_boxes,
    'deepest point': deepest_points,
    'any point': any_points,
}


def measure(network: PromptableSegmenter, seeds: Iterable[int], size: tuple[int, int]) -> Overlaps:
    """Give the IoU of every object of some scenes, for each kind of prompt."""
    found: Overlaps = {kind: [] for kind in KINDS}
    for seed in seeds:
        scene = make_scene(seed, size)
        masks = masks_of(scene)
        seen = network.encode(scene.image)
        for kind, prompter in KINDS.items():
            random = np.random.default_rng((seed, 3))
            answer = network.predict(seen, **prompter(masks, random)) if masks else None
            for index, mask in enumerate(masks):
                assert answer is not None
                found[kind].append(overlap(answer.masks[index], mask))
    return found


def masks_of(scene: Scene) -> list[Mask]:
    """Give the mask of each object of which enough can be seen."""
    ids, counts = np.unique(scene.instances, return_counts=True)
    return [
        np.equal(scene.instances, number).view(np.uint8)
        for number, count in zip(ids, counts, strict=True)
        if number and count >= LEAST_PIXELS
    ]


def overlap(mask: npt.NDArray[np.bool_], truth: Mask) -> float:
    """Give the intersection over union of two masks."""
    true = truth.astype(bool)
    return float((mask & true).sum() / (mask | true).sum())


def report(found: Overlaps) -> str:
    """Write the mean IoU of each kind, and in how many cases it is under a half."""
    return '; '.join(
        f'{kind} {np.mean(values):.4f} ({np.mean(np.array(values) < 0.5):.1%} under 0.5)'
        for kind, values in found.items()
    )


def _box(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description='Measure a promptable model on unseen scenes.')
    parser.add_argument('model', help='its manifest, or its name')
    parser.add_argument('--first', type=int, default=800_000, help='first seed')
    parser.add_argument('--count', type=int, default=100, help='number of seeds')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), metavar=('H', 'W'))
    options = parser.parse_args()
    start = time.monotonic()
    seeds = range(options.first, options.first + options.count)
    with PromptableSegmenter.open(options.model) as network:
        found = measure(network, seeds, tuple(options.size))
    objects = len(found['box'])
    print(
        f'{options.model}: {objects} objects in {options.count} scenes from seed '
        f'{options.first}, {time.monotonic() - start:.0f} s'
    )
    print(f'mean IoU: {report(found)}')


if __name__ == '__main__':
    main()
