"""Read and write pictures and videos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import glob
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .closing import Closing
from .errors import ConfigError, ImageError

Picture = npt.NDArray[np.uint8]
IMAGE_SUFFIXES: Final = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, (H, W, 3) uint8 RGB, with a name for files and its time in a video."""

    name: str
    image: Picture
    time_s: float
    source: Path


@dataclass(frozen=True)
class Source:
    """Pictures to come: `count` where it is known, `rate` of a video, 0 for still pictures."""

    frames: Iterator[Frame]
    count: int | None
    rate: float

    @property
    def is_video(self) -> bool:
        """Say whether the pictures follow each other in time."""
        return self.rate > 0


def read_frames(source: str) -> Iterator[Frame]:
    """Return the pictures of an image, a folder, a pattern, a video or a camera."""
    return open_source(source).frames


def open_source(source: str, on_bad: Callable[[str], None] | None = None) -> Source:
    """
    Open an image, a folder, a pattern, a video or a camera.

    An image of a folder or pattern that cannot be read is told to `on_bad` and passed over;
    without it, and for a single image, it is an error.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        if not files:
            raise ConfigError(
                f'folder {source!r} has no image; {", ".join(IMAGE_SUFFIXES)} are looked for'
            )
        return Source(_stills(files, on_bad), len(files), 0.0)
    if not path.exists() and any(mark in source for mark in '*?['):
        files = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
        files = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
        if not files:
            raise ConfigError(f'no image fits the pattern {source!r}')
        return Source(_stills(files, on_bad), len(files), 0.0)
    if not path.exists():
        raise ConfigError(
            f'{source!r} does not exist; give an image, a folder, a pattern or a video'
        )
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return Source(_stills([path], None), 1, 0.0)
    return _video(path)


def read_image(path: Path) -> Picture:
    """Return an image file as (H, W, 3) uint8 RGB, turned upright as its EXIF says."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ImageError(f'image {str(path)!r} cannot be read: {error.strerror}') from error
    try:
        found = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    except cv2.error:
        found = None
    if found is None:
        raise ImageError(f'image {str(path)!r} is damaged, or no image; it cannot be decoded')
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def write_image(path: Path, picture: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write an RGB or RGBA picture, or a map of class ids, as its suffix says."""
    if picture.ndim == 3:
        code = cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        picture = cv2.cvtColor(picture, code)  # type: ignore[assignment]
    # The lowest compression that is still some: five times faster than OpenCV's own choice.
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix.lower() == '.png' else []
    try:
        done, content = cv2.imencode(path.suffix, picture, options)
    except cv2.error as error:
        raise ConfigError(
            f'{path.name!r} has a suffix that cannot be written; .png or .jpg is expected'
        ) from error
    if not done:
        raise ConfigError(f'{str(path)!r} could not be encoded')
    path.write_bytes(content.tobytes())


class VideoWriter(Closing):
    """Writes RGB pictures of one size to an MP4 file; closing twice is harmless."""

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        """Open a file for pictures of (height, width)."""
        code = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(path), code, rate or 30.0, size[::-1])
        if not self._writer.isOpened():
            raise ConfigError(
                f'video {str(path)!r} cannot be written; choose another folder or .mp4'
            )
        self._size = size

    def write(self, picture: Picture) -> None:
        """Add a picture."""
        if picture.shape[:2] != self._size:
            raise ImageError(f'a picture of {picture.shape[:2]} came into a video of {self._size}')
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


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


def _video(path: Path) -> Source:
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
                    return
                image: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
                yield Frame(f'{path.stem}_{number:06d}', image, number / rate, path)
                number += 1
        finally:
            capture.release()

    return Source(frames(), count if count > 0 else None, rate)
