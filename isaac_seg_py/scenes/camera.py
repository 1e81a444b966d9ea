"""The camera that films the scenes."""

from __future__ import annotations

import math
from typing import Any


def camera_fields(size: tuple[int, int]) -> dict[str, Any]:
    """
    Return the fields of sensor_msgs/CameraInfo of a plain camera, 60 degrees wide.

    `size` is (height, width). It has no distortion.
    """
    height, width = size
    focal = width / (2 * math.tan(math.radians(30)))
    k = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
    return {
        'height': height,
        'width': width,
        'distortion_model': 'plumb_bob',
        'd': [0.0] * 5,
        'k': k,
        'r': [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        'p': [*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0],
    }
