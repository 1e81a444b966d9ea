"""Pictures and videos, one after the other, and videos written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
import glob
import os
from pathlib import Path
from typing import Final

import cv2

from .closing import Closing
from .errors import ConfigError, ImageError
from .picture_files import IMAGE_SUFFIXES, Picture, read_image, write_image
from .user_files import user_path

__all__ = [
    'IMAGE_SUFFIXES', 'VIDEO_SUFFIX', 'Frame', 'Source', 'VideoWriter', 'open_source',
    'read_frames', 'read_image', 'write_image',
]  # fmt: skip

VIDEO_SUFFIX: Final = '.mp4'
"""What videos are written as; they are read in whatever form OpenCV knows."""


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
    `rate` that of a video and 0 for still pictures.
    """

    frames: Iterator[Frame]
    files: tuple[Path, ...]
    count: int | None
    rate: float

    @property
    def is_video(self) -> bool:
        """Say whether the pictures follow each other in time."""
        return self.rate > 0


def read_frames(source: str) -> Iterator[Frame]:
    """Return the pictures of an image, a folder, a pattern, a video or a camera."""
    return open_source(source).frames


def open_source(
    source: str,
    on_bad: Callable[[str], None] | None = None,
    on_cut: Callable[[str], None] | None = None,
) -> Source:
    """
    Open an image, a folder (not those in it), a pattern, a video or a camera.

    An image of a folder or pattern that cannot be read is told to `on_bad` and passed over;
    without it, and for a single image, it is an error. A video that ends before its last picture
    is told to `on_cut`.
    """
    path = user_path(source)
    if path.is_dir():
        files = _images(path.iterdir())
        if not files:
            raise ConfigError(
                f'folder {source!r} has no image; {", ".join(IMAGE_SUFFIXES)} are looked for'
            )
        return _still_source(files, on_bad)
    if not path.exists() and any(mark in source for mark in '*?['):
        files = _images(map(Path, _matching(str(path))))
        if not files:
            raise ConfigError(f'no image fits the pattern {source!r}')
        return _still_source(files, on_bad)
    if not path.exists():
        raise ConfigError(
            f'{source!r} does not exist; give an image, a folder, a pattern or a video'
        )
    if path.suffix.lower() in IMAGE_SUFFIXES:
        if not path.is_file():
            raise ConfigError(f'{source!r} is no file; an image, a folder or a video is expected')
        return _still_source([path], None)
    return _video(path, on_cut)


def _images(paths: Iterable[Path]) -> list[Path]:
    # Not a pipe of that name, from which nothing may ever come.
    return sorted({p for p in paths if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()})


def _matching(pattern: str) -> Iterator[str]:
    """Return what fits a pattern; `**` does not follow links to folders, which may be rings."""
    if '**' not in pattern:
        yield from glob.iglob(pattern)
        return
    head, _, tail = pattern.partition('**')
    for folder in glob.iglob(head or '.'):
        for inner, folders, _ in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith('.')]
            # An escaped folder is itself, whatever marks its name has.
            yield from _matching(os.path.join(glob.escape(inner), tail.lstrip(os.sep) or '*'))


class VideoWriter(Closing):
    """
    Writes RGB pictures of one size to an MP4 file; closing twice is harmless.

    OpenCV does not say when the disk is full: the file is read again, in part, when it is closed.
    """

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        """Open a file for pictures of (height, width)."""
        code = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(path), code, rate or 30.0, size[::-1])
        if not self._writer.isOpened():
            raise ConfigError(
                f'video {str(path)!r} cannot be written; choose another folder or .mp4'
            )
        self._size, self._path, self._count = size, path, 0

    def write(self, picture: Picture) -> None:
        """Add a picture."""
        if picture.shape[:2] != self._size:
            raise ImageError(f'a picture of {picture.shape[:2]} came into a video of {self._size}')
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._count += 1

    def close(self) -> None:
        """Finish the file; raise ConfigError when not all of it is on the disk."""
        if not self._writer.isOpened():
            return
        self._writer.release()
        written = cv2.VideoCapture(str(self._path))
        found = int(written.get(cv2.CAP_PROP_FRAME_COUNT)) if written.isOpened() else 0
        written.release()
        if found < self._count:
            raise ConfigError(
                f'video {str(self._path)!r} holds {found} of {self._count} pictures; '
                'is the disk full?'
            )


def _still_source(files: list[Path], on_bad: Callable[[str], None] | None) -> Source:
    return Source(_stills(files, on_bad), tuple(files), len(files), 0.0)


def _stills(files: list[Path], on_bad: Callable[[str], None] | None) -> Iterator[Frame]:
    for file in files:
        try:
            image = read_image(file)
        except ImageError as error:
            if on_bad is None:
                raise
            on_bad(str(error))
            continue
        yield Frame(file.stem, image, 0.0, file)


def _video(path: Path, on_cut: Callable[[str], None] | None) -> Source:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ConfigError(f'{str(path)!r} is no image and no video that OpenCV reads')
    rate = capture.get(cv2.CAP_PROP_FPS) or 30.0
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def frames() -> Iterator[Frame]:
        number = 0
        try:
            while True:
                there, picture = capture.read()
                if not there:
                    break
                image: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
                yield Frame(f'{path.stem}_{number:06d}', image, number / rate, path)
                number += 1
        finally:
            capture.release()
        # What a video says of its length may be a little wrong.
        if on_cut is not None and count - number > 1 + count // 100:
            on_cut(f'video {str(path)!r} ended after {number} of {count} frames')

    return Source(frames(), (path,), count if count > 0 else None, rate)
