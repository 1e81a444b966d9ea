"""What a camera adds: a little blur and noise that differs from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

_MIDDLE: Final = 128
# The noise of a world is one sheet, larger than the picture by this; each frame sees another part.
_SPARE: Final = 61
_QUANTILES: Final = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])


@dataclass(frozen=True)
class Sensor:
    """The flaws of one camera."""

    blurred: bool
    noise: npt.NDArray[np.uint8]
    """Larger than the picture, (H + spare, W + spare, 3); 128 changes nothing."""

    @classmethod
    def draw(cls, height: int, width: int, random: np.random.Generator) -> Sensor:
        """Make a random camera."""
        blurred = bool(random.random() < 0.4)
        strength = random.uniform(0.5, 7)
        table = np.rint(_QUANTILES * strength + _MIDDLE).astype(np.uint8)
        shape = (height + _SPARE, width + _SPARE, 3)
        return cls(blurred, np.asarray(cv2.LUT(random.integers(0, 256, shape, np.uint8), table)))

    def see(self, image: npt.NDArray[np.uint8], frame: int) -> npt.NDArray[np.uint8]:
        """Give the picture as the camera sees it; may change the one given."""
        if self.blurred:
            cv2.GaussianBlur(image, (3, 3), 0, dst=image)
        height, width = image.shape[:2]
        # Steps that share no factor with the spare walk through all its offsets.
        top, left = frame * 23 % _SPARE, frame * 37 % (_SPARE - 2)
        noise = self.noise[top : top + height, left : left + width]
        cv2.addWeighted(image, 1, noise, 1, -_MIDDLE, dst=image)
        return image
