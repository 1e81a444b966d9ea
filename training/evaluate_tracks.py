"""
Measure how well objects are followed through videos that were never seen: mean J&F.

    python -m training.evaluate_tracks models/tiny_sam2.yaml --first 800000 --count 10

Each object that can be seen in the first frame is shown by its box there, and then followed. J is
the overlap of masks, F that of their outlines, each the mean over objects and frames but the
first. An object that is hidden has to be found to be hidden: an empty mask where nothing is to be
seen counts 1, any other 0. Beside it stands what the same networks do without memory: each frame
alone, from the last box.
"""

from __future__ import annotations

import argparse
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
import math
import time
from typing import Protocol

import cv2
from isaac_seg_py.scenes import Scene, stream_video
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]

# How far outlines may lie apart, as a part of the picture's diagonal.
_NEAR = 0.008


class Follower(Protocol):
    """Whatever can follow objects."""

    def begin(self, image: npt.NDArray[np.uint8], boxes: dict[int, Box]) -> None:
        """Take objects that are shown in a first frame."""

    def follow(self, image: npt.NDArray[np.uint8]) -> dict[int, Mask]:
        """Find each in the next one."""


class WithMemory:
    """The tracker as it is used."""

    def __init__(self, tracker: VideoTracker) -> None:
        """Take a tracker, which is emptied before each video."""
        self._tracker = tracker

    def begin(self, image: npt.NDArray[np.uint8], boxes: dict[int, Box]) -> None:
        """Show each object by its box."""
        self._tracker.clear()
        for name, box in boxes.items():
            self._tracker.add(name, box=box)
        self._tracker(image)

    def follow(self, image: npt.NDArray[np.uint8]) -> dict[int, Mask]:
        """Follow them by memory."""
        seen = self._tracker(image)
        return {_number(name): mask for name, mask in zip(seen.ids, seen.masks, strict=True)}


class WithoutMemory:
    """The same networks, shown each object anew in each frame: by the box that it last had."""

    def __init__(self, tracker: VideoTracker) -> None:
        """Take a tracker, which is emptied before each frame."""
        self._tracker = tracker
        self._boxes: dict[int, Box] = {}

    def begin(self, image: npt.NDArray[np.uint8], boxes: dict[int, Box]) -> None:
        """Keep the boxes."""
        self._boxes = dict(boxes)

    def follow(self, image: npt.NDArray[np.uint8]) -> dict[int, Mask]:
        """Look for each object in its last box."""
        self._tracker.clear()
        for name, box in self._boxes.items():
            self._tracker.add(name, box=box)
        seen = self._tracker(image)
        masks = {_number(name): mask for name, mask in zip(seen.ids, seen.masks, strict=True)}
        for name, mask in masks.items():
            if mask.any():
                self._boxes[name] = _box(mask)
        return masks


@dataclass(frozen=True)
class Quality:
    """What was measured of one object in one frame."""

    region: float
    outline: float
    hidden: bool


def measure(
    follower: Follower, seeds: Iterable[int], objects: int, frames: int, size: tuple[int, int]
) -> list[Quality]:
    """Follow the objects of some videos, and compare each frame with the truth."""
    found = []
    for seed in seeds:
        scenes = stream_video(seed, size, objects)
        first = next(scenes)
        follower.begin(first.image, dict(first.boxes))
        for _ in range(frames - 1):
            scene = next(scenes)
            found += compare(follower.follow(scene.image), scene, list(first.boxes))
    return found


def compare(masks: dict[int, Mask], scene: Scene, names: Sequence[int]) -> list[Quality]:
    """Compare the masks of objects in a frame with the truth."""
    found = []
    for name in names:
        truth, mask = scene.instances == name, masks[name]
        found.append(Quality(region(mask, truth), outline(mask, truth), not truth.any()))
    return found


def region(mask: Mask, truth: Mask) -> float:
    """Give the overlap of two masks, 1 where both are empty."""
    either = int((mask | truth).sum())
    return float((mask & truth).sum() / either) if either else 1.0


def outline(mask: Mask, truth: Mask) -> float:
    """Give how much of two masks' outlines lies close to the other's, 1 where both are empty."""
    mine, theirs = _edges(mask), _edges(truth)
    if not mine.any() or not theirs.any():
        return float(mine.any() == theirs.any())
    reach = math.ceil(_NEAR * math.hypot(*mask.shape))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    precision = cv2.dilate(theirs, disc)[mine > 0].mean()
    recall = cv2.dilate(mine, disc)[theirs > 0].mean()
    both = float(precision + recall)
    return float(2 * precision * recall) / both if both else 0.0


def report(found: Sequence[Quality]) -> str:
    """Write the means."""
    j = float(np.mean([one.region for one in found]))
    f = float(np.mean([one.outline for one in found]))
    hidden = [one.region for one in found if one.hidden]
    seen = f', known to be hidden in {np.mean(hidden):.1%} of {len(hidden)}' if hidden else ''
    return f'J&F {(j + f) / 2:.4f} (J {j:.4f}, F {f:.4f}{seen})'


def _edges(mask: Mask) -> npt.NDArray[np.uint8]:
    """Mark the pixels of a mask that have others beside them."""
    whole = np.asarray(mask, np.uint8)
    inner = cv2.erode(whole, np.ones((3, 3), np.uint8), borderValue=1)
    return whole - np.asarray(inner, np.uint8)


def _box(mask: Mask) -> Box:
    x, y, wide, high = cv2.boundingRect(np.asarray(mask, np.uint8))
    return x, y, x + wide, y + high


def _number(name: Hashable) -> int:
    assert isinstance(name, int)
    return name


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description='Measure a tracker on unseen videos.')
    parser.add_argument('model', help='its manifest, or its name')
    parser.add_argument('--first', type=int, default=800_000, help='first seed')
    parser.add_argument('--count', type=int, default=10, help='videos of each number of objects')
    parser.add_argument('--frames', type=int, default=40)
    parser.add_argument('--objects', type=int, nargs='+', default=(2, 3))
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), metavar=('H', 'W'))
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.count)
    with VideoTracker.open(options.model) as tracker:
        for name, follower in (
            ('with memory', WithMemory(tracker)), ('without', WithoutMemory(tracker)),
        ):  # fmt: skip
            start, every = time.monotonic(), []
            for objects in options.objects:
                found = measure(follower, seeds, objects, options.frames, tuple(options.size))
                print(f'{name}, {objects} objects: {report(found)}')
                every += found
            print(f'{name}: {report(every)}, {time.monotonic() - start:.0f} s')


if __name__ == '__main__':
    main()
