"""Pictures that follow each other, as files, videos and cameras give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .picture_files import Picture


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, (H, W, 3) uint8 RGB, with a name for files and its time in a video."""

    name: str
    image: Picture
    time_s: float
    source: Path


@dataclass(frozen=True)
class Source:
    """
    Pictures to come.

    `files` are those that will be read, `count` is the number of pictures where it is known,
    `rate` that of a video and 0 for still pictures. `passed_over` says what was not taken, and
    what to do.
    """

    frames: Iterator[Frame]
    files: tuple[Path, ...]
    count: int | None
    rate: float
    passed_over: str = ''

    @property
    def is_video(self) -> bool:
        """Say whether the pictures follow each other in time."""
        return self.rate > 0
