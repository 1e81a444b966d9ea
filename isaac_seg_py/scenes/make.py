"""Make scenes: one picture, a video, or a stream without end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

from .render import render
from .scene import Scene
from .world import moving_world, still_world
from ..errors import ConfigError


def make_scene(
    seed: int, size: tuple[int, int] = (480, 640), *, objects: int | None = None
) -> Scene:
    """
    Make one picture with its truth; without a number of objects there are 1 to 6.

    The same arguments give the same bytes. `size` is (height, width).
    """
    return render(still_world(seed, size, objects), 0)


def make_video(
    seed: int, frames: int = 40, size: tuple[int, int] = (480, 640), objects: int = 3
) -> list[Scene]:
    """
    Make a list of frames in which objects move, cross and hide each other.

    The same arguments give the same bytes, and a longer video begins with the shorter one. Of two
    or more objects one is hidden wholly in some frame from 10 to 24 (for pictures of at least 128
    pixels; in smaller ones objects are not small enough for that).
    """
    if isinstance(frames, bool) or not isinstance(frames, int) or frames < 0:
        raise ConfigError(f'frames is {frames!r}; a video takes a whole number, 0 or more')
    return list(islice(stream_video(seed, size, objects), frames))


def stream_video(
    seed: int, size: tuple[int, int] = (480, 640), objects: int = 3
) -> Iterator[Scene]:
    """Make frame after frame of the video that `make_video` gives the beginning of, for ever."""
    world = moving_world(seed, size, objects)
    return (render(world, frame) for frame in count())
