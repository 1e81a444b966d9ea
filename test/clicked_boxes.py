"""A desk of `isaac-seg click` before pictures of a red and a green box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from color_boxes import GREEN, is_on, picture, RED
from isaac_seg_py.cli.clicking.desk import ClickDesk
from isaac_seg_py.frames import Frame

ON_RED, ON_GREEN, BESIDE = (16, 12), (48, 32), (2, 44)


def frame(number: int = 0) -> Frame:
    """Return a picture as a source gives it."""
    return Frame(f'frame_{number}', picture(), 0.0, Path('film.mp4'))


class Saved(list[str]):
    """Notes the pictures that are to be saved."""

    def __call__(self, frame: Frame, found: Any) -> str:
        """Note one."""
        self.append(frame.name)
        return frame.name


def places(desk: ClickDesk) -> dict[str, str]:
    """Return where each object is."""
    assert desk.found is not None
    found = {}
    for one in desk.found.to_json()['objects']:
        near = [name for name, color in (('red', RED), ('green', GREEN)) if is_on(one, color)]
        found[one['id']] = near[0] if near else 'nowhere'
    return found
