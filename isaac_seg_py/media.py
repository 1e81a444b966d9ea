"""Pictures and videos, one after the other, from wherever they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
import glob
import os
from pathlib import Path

from .errors import ConfigError, ImageError
from .frames import Frame, Source
from .picture_files import IMAGE_SUFFIXES, read_image, write_image
from .user_files import user_path
from .video_address import read_address, VideoAddress
from .videos import open_stream, open_video, VIDEO_SUFFIX, VIDEO_SUFFIXES, VideoWriter

__all__ = [
    'IMAGE_SUFFIXES', 'VIDEO_SUFFIX', 'Frame', 'Source', 'VideoWriter', 'open_source',
    'read_frames', 'read_image', 'write_image',
]  # fmt: skip


def read_frames(source: str) -> Iterator[Frame]:
    """Return the pictures of an image, a folder, a pattern, a video or a camera."""
    return open_source(source).frames


def open_source(
    source: str,
    on_bad: Callable[[str], None] | None = None,
    on_cut: Callable[[str], None] | None = None,
) -> Source:
    """
    Open an image, a folder (not those in it), a pattern, a video, a camera or an address.

    An image of a folder or pattern that cannot be read is told to `on_bad` and passed over;
    without it, and for a single image, it is an error. A video that ends before its last picture
    is told to `on_cut`.
    """
    address = read_address(source)
    if isinstance(address, VideoAddress):
        return open_stream(address)
    path = user_path(address)
    if path.is_dir():
        why = f'folder {source!r} has no image; {", ".join(IMAGE_SUFFIXES)} are looked for'
        return _stills_among(path.iterdir(), why, on_bad)
    if not path.exists() and any(mark in source for mark in '*?['):
        found = map(Path, _matching(str(path)))
        return _stills_among(found, f'no image fits the pattern {source!r}', on_bad)
    if not path.exists():
        raise ConfigError(
            f'{source!r} does not exist; give an image, a folder, a pattern or a video'
        )
    if path.suffix.lower() in IMAGE_SUFFIXES:
        if not path.is_file():
            raise ConfigError(f'{source!r} is no file; an image, a folder or a video is expected')
        return _still_source([path], None, '')
    return open_video(path, on_cut)


def _stills_among(
    paths: Iterable[Path], why_none: str, on_bad: Callable[[str], None] | None
) -> Source:
    """Return the images among files; videos have to be named one by one."""
    known = IMAGE_SUFFIXES + VIDEO_SUFFIXES
    # Not a pipe of that name, from which nothing may ever come.
    files = sorted({p for p in paths if p.suffix.lower() in known and p.is_file()})
    images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    videos = [file for file in files if file not in set(images)]
    left = ''
    if videos:
        left = f'{str(videos[0])!r} is a video: name it itself'
    if len(videos) > 1:
        left = f'{str(videos[0])!r} and {len(videos) - 1} more are videos: name each itself'
    if not images:
        raise ConfigError(f'{why_none}. {left}' if left else why_none)
    return _still_source(images, on_bad, left)


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


def _still_source(
    files: list[Path], on_bad: Callable[[str], None] | None, passed_over: str
) -> Source:
    return Source(_stills(files, on_bad), tuple(files), len(files), 0.0, passed_over)


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
