"""What `isaac-seg segment` writes of each picture."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import threading
from typing import Any, Final, TextIO

from ..closing import Closing
from ..errors import ConfigError
from ..media import Frame, VIDEO_SUFFIX, VideoWriter, write_image
from ..panoptic import Found

# How the names of the pictures of each kind end; `_mask` is the map of class ids.
_ENDINGS: Final = {'mask': '_color', 'overlay': '_overlay'}
_LABELS: Final = '_mask.png'


@dataclass(frozen=True)
class Outputs:
    """
    Which files are written, and how.

    `pictures` names overlay and mask, `opacity` is the share of the image in the overlay.
    """

    pictures: tuple[str, ...]
    opacity: float
    json: bool

    def endings(self, *, is_video: bool) -> list[str]:
        """Return how the names of the files end that are written for one input."""
        suffix = VIDEO_SUFFIX if is_video else '.png'
        found = [] if is_video else [_LABELS]
        found += [_ENDINGS[kind] + suffix for kind in self.pictures]
        return found + ([_lines_or_json(is_video)] if self.json else [])

    def picture(self, kind: str, frame: Frame, found: Found) -> Any:
        """Return the coloured mask or the overlay."""
        if kind == 'mask':
            return found.color()
        if found.size != frame.image.shape[:2]:
            raise ConfigError(
                f'an overlay needs masks of the size of the image, {frame.image.shape[:2]}, but '
                f'they are {found.size}: leave mask_frame away, or give --visualize mask'
            )
        return found.overlay(frame.image, self.opacity)


class StillWriter(Closing):
    """Writes the files of still pictures."""

    def __init__(self, outputs: Outputs, stems: Mapping[Path, Path], file: Path | None) -> None:
        """Write beside each other, by input, or the one picture asked for into a file."""
        self._outputs = outputs
        self._stems = stems
        self._file = file

    def write(self, frame: Frame, found: Found) -> None:
        """Write what is wanted of one picture."""
        outputs = self._outputs
        if self._file is not None:
            write_image(self._file, outputs.picture(outputs.pictures[0], frame, found))
            return
        stem = self._stems[frame.source]
        write_image(_path(stem, _LABELS), found.labels)
        for kind in outputs.pictures:
            write_image(_path(stem, _ENDINGS[kind] + '.png'), outputs.picture(kind, frame, found))
        if outputs.json:
            content = {'source': str(frame.source), **found.to_json()}
            path = _path(stem, _lines_or_json(False))
            path.write_text(json.dumps(content) + '\n', encoding='utf-8')

    def close(self) -> None:
        """Have nothing to finish: each picture is whole when `write` returns."""


class VideoResults(Closing):
    """Writes the videos, and one line of JSON for each frame."""

    def __init__(self, outputs: Outputs, stem: Path, rate: float, file: Path | None) -> None:
        """Write beside each other, at the rate of the source, or one video into a file."""
        self._outputs = outputs
        self._stem = stem
        self._rate = rate
        self._file = file
        self._videos: dict[str, VideoWriter] = {}
        self._lines: TextIO | None = None
        self._turn = threading.Lock()

    def write(self, frame: Frame, found: Found) -> None:
        """Add one frame."""
        outputs = self._outputs
        with self._turn:
            for kind in outputs.pictures[:1] if self._file else outputs.pictures:
                picture = outputs.picture(kind, frame, found)
                if kind not in self._videos:
                    path = self._file or _path(self._stem, _ENDINGS[kind] + VIDEO_SUFFIX)
                    self._videos[kind] = VideoWriter(path, self._rate, picture.shape[:2])
                self._videos[kind].write(picture)
            if outputs.json and not self._file:
                if self._lines is None:
                    path = _path(self._stem, _lines_or_json(True))
                    self._lines = path.open('w', encoding='utf-8')
                content = {'frame': frame.name, 'time_s': frame.time_s, **found.to_json()}
                self._lines.write(json.dumps(content) + '\n')

    def close(self) -> None:
        """Finish the files."""
        with self._turn, ExitStack() as all_of_them:
            for video in self._videos.values():
                all_of_them.callback(video.close)
            if self._lines is not None:
                all_of_them.callback(self._lines.close)


def _lines_or_json(is_video: bool) -> str:
    return '.jsonl' if is_video else '.json'


def _path(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)
