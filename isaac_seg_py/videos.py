"""Videos and cameras read, and videos written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import time
from typing import Final

import cv2

from .closing import Closing
from .errors import ConfigError, ImageError
from .frames import Frame, Source
from .picture_files import Picture
from .video_address import VideoAddress

VIDEO_SUFFIX: Final = '.mp4'
"""What videos are written as; they are read in whatever form OpenCV knows."""
VIDEO_SUFFIXES: Final = (
    VIDEO_SUFFIX, '.avi', '.m4v', '.mkv', '.mov', '.mpeg', '.mpg', '.webm', '.wmv',
)  # fmt: skip
"""By these a video is known among other files."""
PATIENCE_S: Final = 10.0
"""How long another machine may take to answer, and to send the next picture."""
_QUIET: Final = '-8'


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


def open_video(path: Path, on_cut: Callable[[str], None] | None) -> Source:
    """
    Open a video file or a camera of this machine.

    A video that ends before its last picture is told to `on_cut`.
    """
    with _quiet():
        capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ConfigError(f'{str(path)!r} is no image and no video that OpenCV reads')
    return _pictures(capture, path, on_cut, may_live=path.is_char_device())


def open_stream(address: VideoAddress) -> Source:
    """Open a video or a camera of another machine, which must answer within `PATIENCE_S`."""
    wait = int(PATIENCE_S * 1e3)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait]
    with _quiet():
        capture = cv2.VideoCapture(address.text, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise ConfigError(
            f'{address.shown!r} cannot be opened: nobody answers there, or not with a video that '
            'OpenCV reads. Look whether another player shows it'
        )
    return _pictures(capture, address.place, None, may_live=True)


def _pictures(
    capture: cv2.VideoCapture,
    path: Path,
    on_cut: Callable[[str], None] | None,
    *,
    may_live: bool,
) -> Source:
    rate = capture.get(cv2.CAP_PROP_FPS)
    # Cameras may say nothing of it, or what is no number.
    rate = rate if 0 < rate < 1000 else 30.0
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def frames() -> Iterator[Frame]:
        number = 0
        begin = time.monotonic()
        try:
            while True:
                there, picture = capture.read()
                if not there:
                    break
                image: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
                # Of a camera some pictures are missed: only the clock knows when this one came.
                time_s = time.monotonic() - begin if may_live and count <= 0 else number / rate
                yield Frame(f'{path.stem}_{number:06d}', image, time_s, path)
                number += 1
        finally:
            capture.release()
        # What a video says of its length may be a little wrong.
        if on_cut is not None and count - number > 1 + count // 100:
            on_cut(f'video {str(path)!r} ended after {number} of {count} frames')

    return Source(frames(), (path,), count if count > 0 else None, rate)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV and FFmpeg from writing what an error of ours says better."""
    # FFmpeg's part of OpenCV reads this once, when the first video is opened.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', _QUIET)
    level = cv2.setLogLevel(0)
    try:
        yield
    finally:
        cv2.setLogLevel(level)
