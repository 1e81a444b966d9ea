"""What `isaac-seg segment` writes of each picture."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import threading
from typing import Any, TextIO

from ..closing import Closing
from ..errors import ConfigError
from ..media import Frame, VideoWriter, write_image
from ..panoptic import Found


@dataclass(frozen=True)
class Outputs:
    """
    Which files are written, and how.

    `pictures` names overlay and mask, `opacity` is the share of the image in the overlay.
    """

    pictures: tuple[str, ...]
    opacity: float
    json: bool
    overwrite: bool

    def picture(self, kind: str, frame: Frame, found: Found) -> Any:
        """Return the coloured mask or the overlay."""
        if kind == 'mask':
            return found.color()
        if found.size != frame.image.shape[:2]:
            raise ConfigError(
                "an overlay needs masks of the image's size; leave --mask-frame away"
            )
        return found.overlay(frame.image, self.opacity)

    def free(self, path: Path, source: Path) -> Path:
        """Return the path after checking that nothing is lost by writing there."""
        if path.exists():
            if source.exists() and path.samefile(source):
                raise ConfigError(f'{str(path)!r} is the input; choose another output')
            if not self.overwrite:
                raise ConfigError(
                    f'{str(path)!r} is there already; give --overwrite to replace it'
                )
        return path


class Names:
    """Gives files of one name, from different folders, names of their own."""

    def __init__(self) -> None:
        """Know of no name yet."""
        self._given: set[str] = set()

    def unique(self, name: str) -> str:
        """Return the name, or with a number behind it when it was given before."""
        number, unique = 1, name
        while unique in self._given:
            number += 1
            unique = f'{name}_{number}'
        self._given.add(unique)
        return unique


class StillWriter(Closing):
    """Writes the files of still pictures."""

    def __init__(self, outputs: Outputs, folder: Path, file: Path | None, names: Names) -> None:
        """Write into a folder, or the one picture asked for into a file."""
        self._outputs = outputs
        self._folder = folder
        self._file = file
        self._names = names

    def write(self, frame: Frame, found: Found) -> None:
        """Write what is wanted of one picture."""
        outputs = self._outputs
        if self._file is not None:
            path = outputs.free(self._file, frame.source)
            write_image(path, outputs.picture(outputs.pictures[0], frame, found))
            return
        name = self._names.unique(frame.name)
        write_image(self._free(f'{name}_mask.png', frame), found.labels)
        for kind in outputs.pictures:
            suffix = 'color' if kind == 'mask' else kind
            write_image(
                self._free(f'{name}_{suffix}.png', frame), outputs.picture(kind, frame, found)
            )
        if outputs.json:
            content = {'source': str(frame.source), **found.to_json()}
            path = self._free(f'{name}.json', frame)
            path.write_text(json.dumps(content) + '\n', encoding='utf-8')

    def _free(self, name: str, frame: Frame) -> Path:
        return self._outputs.free(self._folder / name, frame.source)

    def close(self) -> None:
        """Have nothing to finish: each picture is whole when `write` returns."""


class VideoResults(Closing):
    """Writes the videos, and one line of JSON for each frame."""

    def __init__(self, outputs: Outputs, folder: Path, rate: float, names: Names) -> None:
        """Write into a folder, at the rate of the source."""
        self._outputs = outputs
        self._folder = folder
        self._rate = rate
        self._names = names
        self._stem = ''
        self._videos: dict[str, VideoWriter] = {}
        self._lines: TextIO | None = None
        self._turn = threading.Lock()

    def write(self, frame: Frame, found: Found) -> None:
        """Add one frame."""
        with self._turn:
            for kind in self._outputs.pictures:
                picture = self._outputs.picture(kind, frame, found)
                if kind not in self._videos:
                    suffix = 'color' if kind == 'mask' else kind
                    path = self._path(frame, f'_{suffix}.mp4')
                    self._videos[kind] = VideoWriter(path, self._rate, picture.shape[:2])
                self._videos[kind].write(picture)
            if self._outputs.json:
                if self._lines is None:
                    self._lines = self._path(frame, '.jsonl').open('w', encoding='utf-8')
                content = {'frame': frame.name, 'time_s': frame.time_s, **found.to_json()}
                self._lines.write(json.dumps(content) + '\n')

    def close(self) -> None:
        """Finish the files."""
        with self._turn, ExitStack() as all_of_them:
            for video in self._videos.values():
                all_of_them.callback(video.close)
            if self._lines is not None:
                all_of_them.callback(self._lines.close)

    def _path(self, frame: Frame, suffix: str) -> Path:
        self._stem = self._stem or self._names.unique(frame.source.stem)
        return self._outputs.free(self._folder / (self._stem + suffix), frame.source)
