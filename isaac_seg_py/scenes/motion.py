"""How objects move: smooth, endless, and so that they meet."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Final

import numpy as np
import numpy.typing as npt

# The first and the last object of a video lie over each other in a frame of this range.
_FIRST_MEETING: Final = 10
_LAST_MEETING: Final = 24
# Of so many random paths the one that begins farthest from the others is taken.
_CANDIDATES: Final = 8


@dataclass(frozen=True)
class Swing:
    """A value that swings about a middle."""

    middle: float
    reach: float = 0.0
    speed: float = 0.0
    phase: float = 0.0

    def at(self, frame: int) -> float:
        """Give the value in a frame."""
        return self.middle + self.reach * math.sin(self.speed * frame + self.phase)

    @classmethod
    def through(cls, value: float, frame: int, middle: float, reach: float, speed: float) -> Swing:
        """Make a swing that has `value` in `frame`; a negative speed comes from the other side."""
        part = math.asin(max(-1.0, min(1.0, (value - middle) / reach)))
        return cls(middle, reach, speed, part - speed * frame)


@dataclass(frozen=True)
class Pose:
    """Where an object is: pixels, radians, and a factor of its size."""

    x: float
    y: float
    turn: float
    scale: float


@dataclass(frozen=True)
class Path:
    """The poses of one object over time."""

    x: Swing
    y: Swing
    scale: Swing
    turn: float
    spin: float = 0.0

    def at(self, frame: int) -> Pose:
        """Give the pose in a frame."""
        turn = math.fmod(self.turn + self.spin * frame, 2 * math.pi)
        return Pose(self.x.at(frame), self.y.at(frame), turn, self.scale.at(frame))


def scatter(height: int, width: int, objects: int, random: np.random.Generator) -> list[Path]:
    """Put objects at rest somewhere, some over the picture's edge, some close to another one."""
    places: list[npt.NDArray[np.float64]] = []
    for _ in range(objects):
        place = random.uniform(0.02, 0.98, 2) * (width, height)
        if places and random.random() < 0.3:
            neighbour = places[int(random.integers(len(places)))]
            away = neighbour + random.normal(0, 0.13, 2) * min(height, width)
            place = np.clip(away, 0, (width, height))
        places.append(place)
    return [
        Path(Swing(float(x)), Swing(float(y)), Swing(1.0), random.uniform(0, 2 * math.pi))
        for x, y in places
    ]


def meet_in_the_middle(
    height: int, width: int, objects: int, random: np.random.Generator
) -> list[Path]:
    """
    Make one path per object, each wandering over the picture and never at rest.

    The first and the last one are at the same point in some frame of `_FIRST_MEETING` to
    `_LAST_MEETING`, coming from different sides; the others pass near that point at other times.
    """
    size = np.array((width, height), float)
    point = random.uniform(0.4, 0.6, 2) * size
    frame = int(random.integers(_FIRST_MEETING, _LAST_MEETING + 1))
    sides = random.choice((-1.0, 1.0), 2)
    paths = [_wander(size, point, frame, sides, random)]
    if objects > 1:
        paths.append(_wander(size, point, frame, -sides, random))
    while len(paths) < objects:
        candidates = [_wander_near(size, point, random) for _ in range(_CANDIDATES)]
        paths.insert(1, max(candidates, key=lambda path: _room(path, paths)))
    return paths[:objects]


def _room(path: Path, others: list[Path]) -> float:
    """Give the distance to the nearest other object in the first frame."""
    x, y = path.x.at(0), path.y.at(0)
    return min(math.hypot(x - other.x.at(0), y - other.y.at(0)) for other in others)


def _wander_near(
    size: npt.NDArray[np.float64], point: npt.NDArray[np.float64], random: np.random.Generator
) -> Path:
    sides = random.choice((-1.0, 1.0), 2)
    near = point + random.normal(0, 0.08, 2) * size
    return _wander(size, near, int(random.integers(0, 60)), sides, random)


def _wander(
    size: npt.NDArray[np.float64],
    point: npt.NDArray[np.float64],
    frame: int,
    sides: npt.NDArray[np.float64],
    random: np.random.Generator,
) -> Path:
    """Make a path that is at `point` in `frame`, passing it towards `sides`."""
    # Radians per frame: once across the picture takes 60 to 150 frames.
    speed = random.uniform(0.02, 0.05, 2) * sides
    reach = random.uniform(0.35, 0.46, 2) * size
    x, y = (
        Swing.through(float(p), frame, float(side) / 2, float(r), float(v))
        for p, side, r, v in zip(point, size, reach, speed, strict=True)
    )
    scale = Swing(1.0, random.uniform(0, 0.12), random.uniform(0.02, 0.1), random.uniform(0, 6))
    return Path(x, y, scale, random.uniform(0, 2 * math.pi), random.uniform(-0.06, 0.06))
