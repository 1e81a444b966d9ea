"""What `isaac-seg segment` writes of each picture."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import threading
from typing import Any, Final, TextIO

from ...closing import Closing
from ...errors import ConfigError
from ...instance_masks import InstanceMasks
from ...masks import Background, LabelImage
from ...media import Frame, VIDEO_SUFFIX, VideoWriter, write_image
from ...object_marks import mark_objects
from ...panoptic import Found, PanopticImage

# How the names of the pictures of each kind end; `_mask` is the map of ids.
_ENDINGS: Final = {'mask': '_color', 'overlay': '_overlay'}
_LABELS: Final = '_mask.png'


@dataclass(frozen=True)
class Outputs:
    """
    Which files are written, and how.

    `pictures` names overlay and mask, `opacity` is the share of the image in the overlay, which
    leaves the class `background` as it is. Objects have colours of their own or, by class, those
    of their classes; `marks` are their outlines, boxes and names.
    """

    pictures: tuple[str, ...]
    opacity: float
    json: bool
    background: Background = 'own'
    color_by: str = 'object'
    marks: bool = True

    def endings(self, *, is_video: bool) -> list[str]:
        """Return how the names of the files end that are written for one input."""
        suffix = VIDEO_SUFFIX if is_video else '.png'
        found = [] if is_video else [_LABELS]
        found += [_ENDINGS[kind] + suffix for kind in self.pictures]
        return found + ([_lines_or_json(is_video)] if self.json else [])

    def picture(self, kind: str, frame: Frame, found: Found) -> Any:
        """Return the coloured mask or the overlay."""
        if kind == 'mask':
            if isinstance(found, InstanceMasks):
                return found.color(by=self.color_by)
            return found.color()
        if found.size != frame.image.shape[:2]:
            raise ConfigError(
                f'an overlay needs masks of the size of the image, {frame.image.shape[:2]}, but '
                f'they are {found.size}: leave mask_frame away, or give --visualize mask'
            )
        if isinstance(found, LabelImage):
            return found.overlay(frame.image, self.opacity, self.background)
        if isinstance(found, InstanceMasks):
            picture = found.overlay(frame.image, self.opacity, self.color_by)
        else:
            picture = found.overlay(frame.image, self.opacity)
        if self.marks:
            mark_objects(picture, found, self.color_by)
        return picture

    def content(self, found: Found) -> dict[str, Any]:
        """Return what is known of the picture, for JSON."""
        return found.to_json(self.background) if isinstance(found, LabelImage) else found.to_json()


def numbered(found: Found) -> Any:
    """Return the map of ids: of the classes, or of the objects and segments as JSON has them."""
    return found.ids if isinstance(found, PanopticImage) else found.labels


class StillWriter(Closing):
    """Writes the files of still pictures."""

    def __init__(self, outputs: Outputs, targets: Mapping[Path, Path], single: bool) -> None:
        """Write beside each other, by input, or the one picture asked for into its file."""
        self._outputs = outputs
        self._targets = targets
        self._single = single

    def write(self, frame: Frame, found: Found) -> None:
        """Write what is wanted of one picture."""
        outputs = self._outputs
        stem = self._targets[frame.source]
        if self._single:
            write_image(stem, outputs.picture(outputs.pictures[0], frame, found))
            return
        write_image(_path(stem, _LABELS), numbered(found))
        for kind in outputs.pictures:
            write_image(_path(stem, _ENDINGS[kind] + '.png'), outputs.picture(kind, frame, found))
        if outputs.json:
            content = {'source': str(frame.source), **outputs.content(found)}
            path = _path(stem, _lines_or_json(False))
            path.write_text(json.dumps(content) + '\n', encoding='utf-8')

    def close(self) -> None:
        """Have nothing to finish: each picture is whole when `write` returns."""


class VideoResults(Closing):
    """Writes the videos, and one line of JSON for each frame."""

    def __init__(self, outputs: Outputs, target: Path, rate: float, single: bool) -> None:
        """Write beside each other, at the rate of the source, or one video into its file."""
        self._outputs = outputs
        self._target = target
        self._rate = rate
        self._single = single
        self._videos: dict[str, VideoWriter] = {}
        self._lines: TextIO | None = None
        self._turn = threading.Lock()

    def write(self, frame: Frame, found: Found) -> None:
        """Add one frame."""
        outputs = self._outputs
        with self._turn:
            for kind in outputs.pictures[:1] if self._single else outputs.pictures:
                picture = outputs.picture(kind, frame, found)
                if kind not in self._videos:
                    path = self._target
                    if not self._single:
                        path = _path(path, _ENDINGS[kind] + VIDEO_SUFFIX)
                    self._videos[kind] = VideoWriter(path, self._rate, picture.shape[:2])
                self._videos[kind].write(picture)
            if outputs.json and not self._single:
                if self._lines is None:
                    path = _path(self._target, _lines_or_json(True))
                    self._lines = path.open('w', encoding='utf-8')
                content = {'frame': frame.name, 'time_s': frame.time_s, **outputs.content(found)}
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
