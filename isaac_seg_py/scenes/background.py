"""What lies behind the objects: surfaces, scribbles on them, and light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .textures import make_ramp, make_texture, value_noise


@dataclass(frozen=True)
class Light:
    """Brightness that changes evenly over the picture, and its tint."""

    middle: float
    across: float
    down: float
    tint: tuple[float, float, float]

    @classmethod
    def draw(cls, random: np.random.Generator) -> Light:
        """Make a random light."""
        tint = random.uniform(0.9, 1.1, 3)
        return cls(
            middle=random.uniform(0.75, 1.1),
            across=random.uniform(-0.35, 0.35),
            down=random.uniform(-0.35, 0.35),
            tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        )

    def at(self, x: float, y: float) -> float:
        """Give the brightness at a point; x and y run from 0 to 1 over the picture."""
        return max(self.middle + self.across * (x - 0.5) + self.down * (y - 0.5), 0.2)

    def fall_on(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Light a whole (H, W, 3) picture."""
        height, width = image.shape[:2]
        corners = np.array([[self.at(0, 0), self.at(1, 0)], [self.at(0, 1), self.at(1, 1)]])
        small = corners[:, :, None] * np.array(self.tint) * 128
        gain = cv2.resize(np.clip(small, 0, 255).astype(np.uint8), (width, height))
        return np.asarray(cv2.multiply(image, gain, scale=1 / 128), np.uint8)


def make_background(
    height: int, width: int, unit: float, light: Light, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Make a lit (height, width, 3) RGB picture in which there is no object."""
    contrast = random.uniform(15, 70)
    ramp = make_ramp(random, contrast, random.uniform(30, 225, 3))
    image = make_texture(height, width, unit, ramp, random)
    if random.random() < 0.5:
        _lay_second_surface(image, unit, contrast, random)
    _scribble(image, unit, random)
    return light.fall_on(image)


def _lay_second_surface(
    image: npt.NDArray[np.uint8], unit: float, contrast: float, random: np.random.Generator
) -> None:
    """Cover a part with another surface: beyond a straight edge, or where a cloud is thick."""
    height, width = image.shape[:2]
    base = np.array(cv2.mean(image)[:3]) + random.uniform(-50, 50, 3)
    ramp = make_ramp(random, contrast, base)
    other = make_texture(height, width, unit, ramp, random)
    if random.random() < 0.5:
        turn = random.uniform(0, np.pi)
        rows = np.arange(height)[:, None] - height * random.uniform(0.2, 0.8)
        columns = np.arange(width)[None, :] - width * random.uniform(0.2, 0.8)
        beyond = rows * np.cos(turn) + columns * np.sin(turn) > 0
    else:
        # Wide and half of everything: small islands would look like balls.
        cell = unit * random.uniform(0.4, 0.8)
        beyond = value_noise(height, width, cell, random) > random.uniform(-0.3, 0.3)
    cv2.copyTo(other, beyond.astype(np.uint8), image)


def _scribble(image: npt.NDArray[np.uint8], unit: float, random: np.random.Generator) -> None:
    """Draw what a network must learn to leave alone: strokes and specks, thin and small."""
    height, width = image.shape[:2]
    for _ in range(int(random.integers(0, 9))):
        color = tuple(float(value) for value in random.uniform(0, 255, 3))
        start = random.uniform(0, 1, 2) * (width, height)
        if random.random() < 0.5:
            steps = random.normal(0, unit * random.uniform(0.02, 0.1), (12, 2))
            points = start + np.cumsum(steps, axis=0)
            thick = max(int(unit * random.uniform(0.002, 0.012)), 1)
            corners = np.rint(points * 16).astype(np.int32)
            cv2.polylines(image, [corners], False, color, thick, cv2.LINE_AA, 4)
        else:
            spread = random.normal(0, unit * 0.2, (int(random.integers(3, 20)), 2))
            for x, y in np.rint((start + spread) * 16).astype(int):
                radius = int(unit * random.uniform(0.002, 0.014) * 16)
                cv2.circle(image, (int(x), int(y)), radius, color, -1, cv2.LINE_AA, 4)
