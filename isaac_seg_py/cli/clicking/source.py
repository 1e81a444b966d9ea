"""Pictures that are clicked on: whatever `segment` reads, or a moving scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
import re
from typing import Final

from ...errors import ConfigError
from ...frames import Frame, Source
from ...media import open_source
from ...scenes import stream_video

_SCENE: Final = re.compile(r'scene(?::([0-9]{1,9}))?')
_SIZE: Final = (480, 640)
_RATE: Final = 15.0


def open_clicked(text: str, most: int | None, on_bad: Callable[[str], None]) -> Source:
    """Open a source, with no more than `most` pictures; `scene:7` is that of seed 7."""
    scene = _SCENE.fullmatch(text)
    source = _scene(text, int(scene[1] or 0)) if scene else open_source(text, on_bad, on_bad)
    if most is None:
        return source
    if most < 1:
        raise ConfigError(f'--count is {most}; 1 or more is expected')
    length = most if source.count is None else min(most, source.count)
    return replace(source, frames=islice(source.frames, most), count=length)


def _scene(name: str, seed: int) -> Source:
    place = Path(name.replace(':', '_'))
    pictures = zip(count(), stream_video(seed, _SIZE), strict=False)
    frames = (
        Frame(f'{place.name}_{number:06d}', scene.image, number / _RATE, place)
        for number, scene in pictures
    )
    return Source(frames, (place,), None, _RATE)
