"""Random surfaces: a pattern of 0 to 255, painted with a random ramp of colours."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Pattern: TypeAlias = npt.NDArray[np.uint8]
Ramp: TypeAlias = npt.NDArray[np.uint8]


def make_texture(
    height: int, width: int, unit: float, ramp: Ramp, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Make (height, width, 3) RGB of a random kind; details are parts of `unit` pixels wide."""
    kind = _KINDS[int(random.integers(len(_KINDS)))]
    pattern = kind(height, width, unit, random)
    return np.asarray(cv2.applyColorMap(pattern, ramp), np.uint8)


def make_ramp(random: np.random.Generator, contrast: float, base: npt.ArrayLike) -> Ramp:
    """Make (256, 1, 3) colours that run between two or three, up to `contrast` from `base`."""
    stops = int(random.integers(2, 4))
    away = random.uniform(-contrast, contrast, (stops, 3)) * random.uniform(0.3, 1.0)
    colors = np.clip(np.asarray(base, float) + away, 0, 255)
    at = np.linspace(0, stops - 1, 256)
    channels = [np.interp(at, np.arange(stops), colors[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)[:, None, :]


def value_noise(
    height: int, width: int, cell: float, random: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Make (height, width) smooth noise around 0 whose hills are about `cell` pixels wide."""
    scale = max(cell, 1.0)
    # Cubic interpolation looks one cell back and two ahead.
    grid = random.standard_normal((int(height / scale) + 4, int(width / scale) + 4), np.float32)
    matrix = np.array([[1 / scale, 0, 1], [0, 1 / scale, 1]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(grid, matrix, (width, height), flags=flags), np.float32)


def _ramp_along(height: int, width: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Give each pixel its distance along a random direction."""
    turn = random.uniform(0, np.pi)
    down = np.arange(height, dtype=np.float32)[:, None] * np.float32(np.sin(turn))
    return down + np.arange(width, dtype=np.float32)[None, :] * np.float32(np.cos(turn))


def _to_pattern(values: npt.NDArray[np.float32]) -> Pattern:
    """Spread values of about -1 to 1 over 0 to 255."""
    return np.asarray(cv2.convertScaleAbs(np.clip(values, -1, 1) + 1, alpha=127.5), np.uint8)


def _waves(along: npt.NDArray[np.float32], wide: float, sharp: float) -> Pattern:
    """Turn distance into stripes: a sine that `sharp` steepens."""
    return _to_pattern(np.sin(along * np.float32(np.pi / wide)) * np.float32(sharp))


def _plain(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    return np.full((height, width), random.integers(256), np.uint8)


def _gradient(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    along = _ramp_along(height, width, random)
    low, high = float(along.min()), float(along.max())
    return _to_pattern((along - low) * np.float32(2 / max(high - low, 1)) - 1)


def _stripes(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    wide = max(unit * random.uniform(0.015, 0.06), 1.5)
    return _waves(_ramp_along(height, width, random), wide, random.uniform(0.8, 4))


def _checks(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    # Smaller than the smallest box: a field of checks is never an object.
    wide = max(unit * random.uniform(0.012, 0.03), 1.5)
    turn = random.uniform(0, np.pi / 2)
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    one = columns * np.float32(np.cos(turn)) + rows * np.float32(np.sin(turn))
    two = rows * np.float32(np.cos(turn)) - columns * np.float32(np.sin(turn))
    step = np.float32(np.pi / wide)
    return _to_pattern(np.sin(one * step) * np.sin(two * step) * np.float32(5))


def _clouds(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    coarse = value_noise(height, width, unit * random.uniform(0.08, 0.4), random)
    fine = value_noise(height, width, unit * random.uniform(0.01, 0.04), random)
    return _to_pattern(coarse * np.float32(0.45) + fine * np.float32(random.uniform(0.05, 0.25)))


def _speckle(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    fine = value_noise(height, width, max(unit * random.uniform(0.004, 0.015), 1), random)
    return _to_pattern(fine * np.float32(random.uniform(0.15, 0.45)))


def _wood(height: int, width: int, unit: float, random: np.random.Generator) -> Pattern:
    wobble = value_noise(height, width, unit * random.uniform(0.1, 0.3), random)
    along = _ramp_along(height, width, random) + wobble * np.float32(unit * 0.04)
    return _waves(along, max(unit * random.uniform(0.01, 0.04), 1.5), random.uniform(0.6, 1.5))


_KINDS: Final = (_plain, _gradient, _stripes, _checks, _clouds, _speckle, _wood)
