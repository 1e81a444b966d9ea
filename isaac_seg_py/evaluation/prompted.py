"""How well a network finds the objects that it is shown: NanoSAM's protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
import time
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .coco_masks import coco_mask
from .coco_numbers import box_corners, Corners
from .samples import DataSet, Sample
from ..errors import ConfigError, PromptError
from ..geometry import Size
from ..instance_masks import InstanceMasks
from ..polygons import deepest
from ..prompts import make_prompts

Mask = npt.NDArray[np.bool_]
Ask = Callable[[npt.NDArray[np.uint8], Mapping[str, Any]], InstanceMasks]

KINDS: Final = ('box', 'point')
_LISTS: Final = {'box': 'boxes', 'point': 'points'}
# Pixels of an object from which on COCO calls it medium, and large.
_MEDIUM, _LARGE = 32**2, 96**2


@dataclass
class PromptedMeasured:
    """The overlap (IoU) of each object's mask with the truth, by size and by category."""

    kind: str
    categories: Mapping[int, str]
    pictures: int = 0
    passed_over: int = 0
    seconds: list[float] = field(default_factory=list)
    by_size: dict[str, list[float]] = field(
        default_factory=lambda: {'small': [], 'medium': [], 'large': []}
    )
    by_category: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, area: float, category: int, overlap: float) -> None:
        """Count one object."""
        size = 'small' if area < _MEDIUM else 'medium' if area < _LARGE else 'large'
        self.by_size[size].append(overlap)
        self.by_category[category].append(overlap)

    def to_json(self) -> dict[str, Any]:
        """Return all as plain types; what no object was measured for is None."""
        every = [one for overlaps in self.by_size.values() for one in overlaps]
        sizes = {'all': every, **self.by_size}
        return {
            'prompts': self.kind,
            'pictures': self.pictures,
            'objects': {name: len(overlaps) for name, overlaps in sizes.items()},
            'passed_over': self.passed_over,
            'median_ms': float(np.median(self.seconds)) * 1e3 if self.seconds else None,
            'mean_iou': {name: _mean(overlaps) for name, overlaps in sizes.items()},
            'categories': [
                {
                    'id': number,
                    'name': name,
                    'objects': len(self.by_category.get(number, ())),
                    'mean_iou': _mean(self.by_category.get(number, [])),
                }
                for number, name in sorted(self.categories.items())
            ],
        }


def measure_prompted(
    ask: Ask, data: DataSet, kind: str, *, on_step: Callable[[], Any] = lambda: None
) -> PromptedMeasured:
    """
    Ask for each object of each picture by its true box, or by the deepest point of its mask.

    `ask` takes a picture and lists `boxes` or `points`, and gives a mask for each. Crowds, and
    objects without a pixel or a box inside the picture, are passed over.
    """
    if kind not in KINDS:
        raise ConfigError(f'prompts are {kind!r}; {" or ".join(KINDS)} is expected')
    done = PromptedMeasured(kind, data.categories)
    for sample in data:
        if sample.annotations is None:
            raise ConfigError(
                'the network is shown objects, but the data has only the class of each pixel; '
                'give instances.json, a file of COCO objects, or --scenes'
            )
        size = sample.image.shape[0], sample.image.shape[1]
        wanted = list(_prompts(sample, size, kind))
        done.passed_over += len(sample.annotations) - len(wanted)
        done.pictures += 1
        if wanted:
            begin = time.perf_counter()
            found = ask(sample.image, {_LISTS[kind]: [prompt for _, _, prompt in wanted]})
            done.seconds.append(time.perf_counter() - begin)
            if len(found) != len(wanted):
                raise ConfigError(
                    f'{len(found)} masks came for {len(wanted)} objects; leave multimask: all away'
                )
            for (one, truth, _), mask in zip(wanted, found.masks, strict=True):
                done.add(float(one['area']), one['category_id'], overlap(mask, truth))
        on_step()
    if not done.by_category:
        raise ConfigError(
            f'no object could be measured; the first reason: {(data.faults or ["none came"])[0]}'
        )
    return done


def overlap(mask: Mask, truth: Mask) -> float:
    """Return the intersection over union of two masks, of which one has a pixel."""
    return int(np.count_nonzero(mask & truth)) / int(np.count_nonzero(mask | truth))


def _prompts(
    sample: Sample, size: Size, kind: str
) -> Iterator[tuple[dict[str, Any], Mask, list[float]]]:
    """Return the annotation, mask and prompt of each object that can be shown."""
    for one in sample.annotations or ():
        box = box_corners(one['bbox'])
        if one.get('iscrowd') or box is None or not _can_be_shown(box, size):
            continue
        truth = coco_mask(one['segmentation'], size)
        if not truth.any():
            continue
        if kind == 'box':
            yield one, truth, list(box)
        else:
            x, y = deepest(truth)
            # The middle of the pixel.
            yield one, truth, [x + 0.5, y + 0.5]


def _can_be_shown(box: Corners, size: Size) -> bool:
    """Say whether a box has something of the picture in it, in the numbers of a network."""
    try:
        make_prompts(size, boxes=[box])
    except PromptError:
        return False
    return True


def _mean(overlaps: list[float]) -> float | None:
    return float(np.mean(overlaps)) if overlaps else None
