"""The objects of a world: each a picture of itself, its shadow and its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .motion import Path
from .shapes import draw_shape
from .textures import make_ramp, make_texture

# Circumscribed radius, as a part of the picture's shorter side.
SMALLEST: Final = 0.05
LARGEST: Final = 0.175
_LEAST_PIXELS: Final = 5.0
# How far the mean colour of an object stays from that of what is behind it.
_COLOR_DISTANCE: Final = 75.0


@dataclass(frozen=True)
class Actor:
    """One object."""

    id: int
    class_id: int
    path: Path
    look: npt.NDArray[np.uint8]
    """(S, S, 4): RGB multiplied by coverage, then coverage."""
    shadow: npt.NDArray[np.uint8]
    """(S, S): how much light it takes from what lies below, 255 is all."""
    reach: float
    """Pixels from the centre of `look` to the end of the shape."""
    shadow_reach: float
    shadow_offset: tuple[float, float]


def make_actor(
    number: int,
    class_id: int,
    radius: float,
    unit: float,
    path: Path,
    behind: npt.NDArray[np.float64],
    random: np.random.Generator,
) -> Actor:
    """Make an object with a random surface; `behind` is the mean colour that it stands out of."""
    radius = max(radius, _LEAST_PIXELS)
    soft = max(radius * random.uniform(0.06, 0.2), 0.8)
    side = 2 * int(radius + 3 * soft + 3) + 1
    mask = draw_shape(class_id, side, radius, random)
    coverage = np.asarray(cv2.GaussianBlur(mask, (0, 0), random.uniform(0.4, 0.8)), np.uint8)
    shadow = _blur(mask, soft)
    offset = random.normal(0, radius * 0.15, 2)
    return Actor(
        id=number,
        class_id=class_id,
        path=path,
        look=_paint(coverage, unit, behind, random),
        shadow=np.asarray(cv2.convertScaleAbs(shadow, alpha=random.uniform(0.1, 0.55)), np.uint8),
        reach=radius + 3,
        shadow_reach=radius + 3 * soft + 3,
        shadow_offset=(float(offset[0]), float(offset[1])),
    )


def _paint(
    coverage: npt.NDArray[np.uint8],
    unit: float,
    behind: npt.NDArray[np.float64],
    random: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """Give a shape its surface and shading, as RGB multiplied by coverage and coverage."""
    side = coverage.shape[0]
    ramp = make_ramp(random, random.uniform(10, 65), _standing_out(behind, random))
    surface = make_texture(side, side, unit, ramp, random)
    shade = _shading(coverage, random)
    surface = np.asarray(cv2.multiply(surface, cv2.merge([shade] * 3), scale=1 / 200), np.uint8)
    surface = np.asarray(cv2.multiply(surface, cv2.merge([coverage] * 3), scale=1 / 255), np.uint8)
    return np.dstack([surface, coverage])


def _standing_out(
    behind: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw a colour that is not that of the background."""
    while True:
        color = random.uniform(20, 235, 3)
        if np.linalg.norm(color - behind) >= _COLOR_DISTANCE:
            return np.asarray(color)


def _shading(
    coverage: npt.NDArray[np.uint8], random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Make (S, S) brightness, 200 is neutral: lit from one side, and darker at the rim."""
    side = coverage.shape[0]
    slope = random.uniform(-0.3, 0.3, 2)
    line = np.linspace(-1, 1, side, dtype=np.float32)
    shade: npt.NDArray[np.float32] = (
        1 + line[:, None] * np.float32(slope[0]) + line[None, :] * np.float32(slope[1])
    )
    if random.random() < 0.6:
        rim = _blur(coverage, max(side * random.uniform(0.01, 0.05), 0.5))
        dark = np.float32(random.uniform(0.2, 0.9))
        shade *= 1 - dark + dark * rim.astype(np.float32) / 255
    return np.asarray(np.clip(shade * 200, 0, 255), np.uint8)


def _blur(mask: npt.NDArray[np.uint8], sigma: float) -> npt.NDArray[np.uint8]:
    """Blur; a wide blur is made of a smaller picture, which looks the same and takes less."""
    smaller = max(int(sigma / 1.5), 1)
    side = -(-mask.shape[0] // smaller)
    small = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / smaller)
    return np.asarray(cv2.resize(small, (mask.shape[1], mask.shape[0])), np.uint8)
