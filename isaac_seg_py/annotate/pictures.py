"""The pictures that are shown, by number: files, frames of videos, frozen frames of a topic."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .film import Film
from ..closing import Closing
from ..errors import ConfigError, ImageError
from ..media import open_source
from ..picture_files import Picture, read_image
from ..user_files import user_path
from ..video_address import read_address, VideoAddress

_READY: Final = 3
_FROZEN: Final = 16


@dataclass(frozen=True)
class Still:
    """
    Where one picture is from.

    `name` is its own among all; `file` is None where it has none yet, being `number` of `film` or
    a frozen frame.
    """

    name: str
    file: Path | None = None
    film: Film | None = None
    number: int = 0


class Pictures(Closing):
    """Reads pictures by their number; for one thread at a time."""

    def __init__(self, inputs: Iterable[str]) -> None:
        """Find the pictures of images, folders, patterns and video files."""
        self._stills: list[Still] = []
        self._names: set[str] = set()
        self._ready: OrderedDict[int, Picture] = OrderedDict()
        self._frozen: OrderedDict[int, Picture] = OrderedDict()
        for text in inputs:
            self._open(text)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._stills)

    def __getitem__(self, index: int) -> Still:
        """Return where a picture is from."""
        return self._stills[index]

    def since(self, index: int) -> list[Still]:
        """Return the pictures from a number on."""
        return self._stills[index:]

    def read(self, index: int) -> Picture:
        """Return a picture, (H, W, 3) uint8 RGB."""
        still = self._stills[index]
        found = self._ready.get(index)
        if found is None:
            found = self._ready[index] = self._load(index, still)
        self._ready.move_to_end(index)
        while len(self._ready) > _READY:
            self._ready.popitem(last=False)
        return found

    def freeze(self, name: str, picture: Picture) -> int:
        """Add a picture that has no file; return its number."""
        index = len(self._stills)
        self._stills.append(Still(self._own_name(name)))
        self._frozen[index] = picture
        while len(self._frozen) > _FROZEN:
            self._frozen.popitem(last=False)
        return index

    def close(self) -> None:
        """Close the videos."""
        for film in {still.film for still in self._stills if still.film is not None}:
            film.close()

    def _load(self, index: int, still: Still) -> Picture:
        if still.film is not None:
            return still.film.read(still.number)
        if still.file is not None:
            return read_image(still.file)
        if index not in self._frozen:
            raise ImageError(
                f'frame {still.name} is gone: of frozen frames the last {_FROZEN} are kept. '
                'Freeze another one'
            )
        return self._frozen[index]

    def _open(self, text: str) -> None:
        given = read_address(text)
        # A camera shows something else at each look.
        if isinstance(given, VideoAddress) or user_path(given).is_char_device():
            raise ConfigError(
                f'{text!r} is live; an image, a folder, a pattern or a video file is expected. '
                'Cameras come as a topic: --topic /image_raw'
            )
        source = open_source(text)
        if not source.is_video:
            self._stills += [Still(self._own_name(file.stem), file) for file in source.files]
            return
        path = source.files[0]
        if source.count is None:
            raise ConfigError(f'video {text!r} does not say how many frames it has; convert it')
        film = Film(path)
        stem = self._own_name(path.stem)
        self._stills += [
            Still(f'{stem}_{number:06d}', None, film, number) for number in range(source.count)
        ]

    def _own_name(self, name: str) -> str:
        """Return the name, with a number behind it where another picture has it."""
        count, own = 1, name
        while own in self._names:
            count += 1
            own = f'{name}_{count}'
        self._names.add(own)
        return own
