"""A world: everything that is the same in each of its frames, drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass
import numbers
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .actors import Actor, LARGEST, make_actor, SMALLEST
from .background import Light, make_background
from .classes import CLASS_NAMES
from .motion import meet_in_the_middle, Path, scatter, Swing
from .sensor import Sensor
from ..errors import ConfigError

_LEAST_SIDE: Final = 32
_MOST_SIDE: Final = 8192
_MOST_OBJECTS: Final = 64
_MOST_SEED: Final = 2**63 - 1
# Full shapes: what is small enough disappears wholly behind them.
_HIDING_CLASSES: Final = (CLASS_NAMES.index('ball'), CLASS_NAMES.index('box'))


@dataclass(frozen=True)
class World:
    """Everything that is the same in each frame; `actors` are sorted from far to near."""

    seed: int
    size: tuple[int, int]
    background: npt.NDArray[np.uint8]
    """Larger than the picture where the camera moves."""
    camera: tuple[Swing, Swing]
    """Corner of the picture in the background, x and y."""
    light: Light
    actors: tuple[Actor, ...]
    sensor: Sensor


def still_world(seed: int, size: tuple[int, int], objects: int | None) -> World:
    """Make a world for one picture; without a number of objects there are 1 to 6."""
    seed, (height, width) = _whole('seed', seed, 0, _MOST_SEED), _checked_size(size)
    random = np.random.default_rng((seed, 0))
    count = int(random.integers(1, 7))
    if objects is not None:
        count = _whole('objects', objects, 0, _MOST_OBJECTS)
    unit = min(height, width)
    light = Light.draw(random)
    background = make_background(height, width, unit, light, random)
    looks = [(_any_class(random), _any_radius(random) * unit) for _ in range(count)]
    paths = scatter(height, width, count, random)
    actors = _cast(looks, paths, background, light, unit, random)
    camera = (Swing(0.0), Swing(0.0))
    sensor = Sensor.draw(height, width, random)
    return World(seed, (height, width), background, camera, light, actors, sensor)


def moving_world(seed: int, size: tuple[int, int], objects: int) -> World:
    """
    Make a world for a video.

    Of two or more objects the nearest one is so large, and the farthest so small, that it hides
    it wholly when they meet.
    """
    seed, (height, width) = _whole('seed', seed, 0, _MOST_SEED), _checked_size(size)
    objects = _whole('objects', objects, 0, _MOST_OBJECTS)
    random = np.random.default_rng((seed, 1))
    unit = min(height, width)
    light = Light.draw(random)
    margin = max(int(unit * random.uniform(0, 0.1)), 1)
    background = make_background(height + 2 * margin, width + 2 * margin, unit, light, random)
    looks = [(_any_class(random), _any_radius(random) * unit) for _ in range(objects)]
    if objects > 1:
        looks[0] = (looks[0][0], SMALLEST * random.uniform(1.0, 1.3) * unit)
        looks[-1] = (int(random.choice(_HIDING_CLASSES)), LARGEST * unit)
    paths = meet_in_the_middle(height, width, objects, random)
    actors = _cast(looks, paths, background, light, unit, random)
    camera = (_pan(margin, random), _pan(margin, random))
    sensor = Sensor.draw(height, width, random)
    return World(seed, (height, width), background, camera, light, actors, sensor)


def _whole(name: str, value: object, least: int, most: int) -> int:
    """Give back a number that a caller passed, or say what is wrong with it."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not least <= int(value) <= most:  # type: ignore[call-overload]
        raise ConfigError(
            f'{name} is {value!r}; a scene takes a whole number from {least} to {most}'
        )
    return int(value)  # type: ignore[call-overload, no-any-return]


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise ConfigError(f'size is {size!r}; a scene takes a pair (height, width)')
    height = _whole('height', size[0], _LEAST_SIDE, _MOST_SIDE)
    return height, _whole('width', size[1], _LEAST_SIDE, _MOST_SIDE)


def _cast(
    looks: list[tuple[int, float]],
    paths: list[Path],
    background: npt.NDArray[np.uint8],
    light: Light,
    unit: int,
    random: np.random.Generator,
) -> tuple[Actor, ...]:
    """Make the actors, numbered from 1 in no order that tells their depth."""
    # The light is taken out again: objects are lit on their own.
    behind = np.array(cv2.mean(background)[:3]) / max(light.middle, 0.5)
    numbers_given = random.permutation(len(looks)) + 1
    return tuple(
        make_actor(int(number), class_id, radius, unit, path, behind, random)
        for number, (class_id, radius), path in zip(numbers_given, looks, paths, strict=True)
    )


def _any_class(random: np.random.Generator) -> int:
    return int(random.integers(1, len(CLASS_NAMES)))


def _any_radius(random: np.random.Generator) -> float:
    return float(random.uniform(SMALLEST, LARGEST))


def _pan(margin: int, random: np.random.Generator) -> Swing:
    return Swing(margin, margin * 0.98, random.uniform(0.01, 0.05), random.uniform(0, 6))
