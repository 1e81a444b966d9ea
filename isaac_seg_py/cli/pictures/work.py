"""What is done to pictures that come one after the other: each is written in another thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
import time
from typing import Any, Final, Protocol, runtime_checkable

from .class_counts import ClassCounts
from .planned_files import Plan
from .results import Outputs, StillWriter, VideoResults
from ...frames import Frame, Source
from ...instance_masks import InstanceMasks
from ...panoptic import Found
from ...picture_files import Picture
from ...progress import Progress

_PENDING: Final = 4


class Finds(Protocol):
    """Whatever finds something in pictures that come one after the other."""

    def __call__(self, image: Picture, *, want_scores: bool) -> Found:
        """Return what is in the next picture."""


@runtime_checkable
class FindsInFrames(Protocol):
    """Whatever wants to know which picture it is, too."""

    def of(self, frame: Frame) -> Found:
        """Return what is in the next picture."""


@dataclass
class Work:
    """What is done to all pictures, and what came of it."""

    segment: Finds | FindsInFrames
    outputs: Outputs
    plan: Plan
    counts: ClassCounts | None
    stopped: Callable[[], bool]
    word: str = 'segment'
    times: list[float] = field(default_factory=list)
    objects: int | None = None

    def run(self, sources: list[Source]) -> None:
        """Segment every picture until the last one, or until somebody asks for the end."""
        known = [source.count for source in sources]
        total = None if None in known else sum(count or 0 for count in known)
        # One thread writes while the next is segmented; few wait, so that memory stays small.
        with ThreadPoolExecutor(1) as writer, Progress(self.word, total) as bar:
            for source, targets in zip(sources, self.plan.targets, strict=True):
                pending: list[Any] = []
                with _results(source, self.outputs, targets, self.plan.single) as results:
                    for frame in source.frames:
                        begin = time.perf_counter()
                        # The masks' memory is not used again while the writer still holds them.
                        found = self._find(frame)
                        self.times.append(time.perf_counter() - begin)
                        self._count(found)
                        pending.append(writer.submit(self._write, results, frame, found))
                        if len(pending) > _PENDING:
                            pending.pop(0).result()
                        bar.step()
                        if self.stopped():
                            break
                    for job in pending:
                        job.result()
                if self.stopped():
                    return

    def _find(self, frame: Frame) -> Found:
        if isinstance(self.segment, FindsInFrames):
            return self.segment.of(frame)
        return self.segment(frame.image, want_scores=self.outputs.json)

    def _count(self, found: Found) -> None:
        """Count objects that have a pixel: a network also answers where nothing is."""
        if isinstance(found, InstanceMasks):
            left, _, right, _ = found.boxes.T
            self.objects = (self.objects or 0) + int((left < right).sum())

    def _write(self, results: StillWriter | VideoResults, frame: Frame, found: Found) -> None:
        results.write(frame, found)
        if self.counts is not None:
            self.counts.add(found)


def _results(
    source: Source, outputs: Outputs, targets: Any, single: bool
) -> StillWriter | VideoResults:
    if source.is_video:
        return VideoResults(outputs, targets[source.files[0]], source.rate, single)
    return StillWriter(outputs, targets, single)
