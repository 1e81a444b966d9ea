"""Run a network over pictures whose truth is known, and count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from .class_match import match_categories, match_labels
from .coco_scores import CocoScores
from .confusion import Confusion
from .samples import DataSet, Sample
from ..errors import ConfigError
from ..instance_masks import InstanceMasks
from ..panoptic import Found

Segment = Callable[[npt.NDArray[np.uint8]], Found]


@dataclass
class Measured:
    """What was counted: the classes of pixels or the objects, whichever the network finds."""

    pictures: int = 0
    seconds: list[float] = field(default_factory=list)
    confusion: Confusion | None = None
    objects: CocoScores | None = None

    def to_json(self) -> dict[str, Any]:
        """Return all as plain types."""
        found: dict[str, Any] = {
            'pictures': self.pictures,
            'median_ms': float(np.median(self.seconds)) * 1e3,
        }
        if self.confusion is not None:
            found['semantic'] = self.confusion.to_json()
        if self.objects is not None:
            found['instances'] = self.objects.summary()
        return found


def measure(
    segment: Segment,
    labels: Sequence[str],
    data: DataSet,
    *,
    ignore: int = 255,
    on_step: Callable[[], Any] = lambda: None,
) -> Measured:
    """Count over all samples; `labels` are the names of the network's classes."""
    done = Measured()
    work: _Pixels | _Objects | None = None
    for sample in data:
        begin = time.perf_counter()
        found = segment(sample.image)
        done.seconds.append(time.perf_counter() - begin)
        if work is None:
            kind = _Objects if isinstance(found, InstanceMasks) else _Pixels
            work = kind(done, labels, data, ignore)
        work.add(sample, found)
        done.pictures += 1
        on_step()
    if not done.pictures:
        raise ConfigError(
            f'no picture could be measured; the first reason: {(data.faults or ["none came"])[0]}'
        )
    return done


class _Pixels:
    """Counts classes of pixels."""

    def __init__(self, done: Measured, labels: Sequence[str], data: DataSet, ignore: int) -> None:
        names = data.names or tuple(labels)
        if not names:
            raise ConfigError(
                'neither the network nor the data name their classes; write labels into the '
                'manifest, or classes.txt beside images/'
            )
        self._table = match_labels(labels, data.names)
        done.confusion = self._confusion = Confusion(names, ignore=ignore)

    def add(self, sample: Sample, found: Found) -> None:
        self._confusion.add(sample.labels, self._table[found.labels], sample.name)


class _Objects:
    """Counts objects."""

    def __init__(self, done: Measured, labels: Sequence[str], data: DataSet, ignore: int) -> None:
        if not data.categories:
            raise ConfigError(
                'the network finds objects, but the data has only the class of each pixel; give '
                'instances.json, a file of COCO objects, or --scenes'
            )
        done.objects = self._scores = CocoScores(data.categories)
        self._matched = match_categories(labels, data.categories)

    def add(self, sample: Sample, found: Found) -> None:
        if found.size != sample.labels.shape:
            raise ConfigError(
                f'{sample.name} is {sample.labels.shape} but masks of {found.size} were found; '
                'leave mask_frame away'
            )
        truth = sample.annotations or []
        self._scores.add(sample.number, truth, found.instances(), self._matched)
