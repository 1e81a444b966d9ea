"""The numbers of a camera, from its message."""

from __future__ import annotations

from sensor_msgs.msg import CameraInfo

from ..errors import ImageError
from ..geometry import Size
from ..spatial import Pinhole


def pinhole_of(info: CameraInfo, size: Size) -> Pinhole:
    """
    Return the focal lengths and the centre in pixels of an image of that size.

    Those of the rectified image (p) are meant where they are given, else k. Distortion is left to
    whoever rectifies.
    """
    across, down = max(info.binning_x, 1), max(info.binning_y, 1)
    roi = info.roi
    whole = (info.height, info.width) if not roi.width else (roi.height, roi.width)
    said = (whole[0] // down, whole[1] // across)
    if whole != (0, 0) and said != size:
        raise ImageError(
            f'the images are {size[1]}x{size[0]}, the camera_info says {said[1]}x{said[0]}; '
            'take that of the camera that the depth is aligned to'
        )
    fx, cx, fy, cy = (
        (info.p[0], info.p[2], info.p[5], info.p[6])
        if info.p[0]
        else (info.k[0], info.k[2], info.k[4], info.k[5])
    )
    return Pinhole(
        fx / across, fy / down, (cx - roi.x_offset) / across, (cy - roi.y_offset) / down
    )
