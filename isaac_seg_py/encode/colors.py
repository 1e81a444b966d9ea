"""
Any encoding becomes RGB, BGR or grey.

8-bit images stay uint8. 16-bit and float images become float32 on the same scale, 0 to 255: 16-bit
values are divided by 257; float values, whose range ROS leaves open, are taken to be 0 to 1,
multiplied by 255 and not clipped. An alpha channel is dropped. YUV is BT.601 with limited range
(16 to 235), as OpenCV has it; Bayer mosaics are interpolated linearly. The channels of 32FC3, like
those of OpenCV's other unnamed types, are blue, green, red.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import ImageError
from ..images import ENCODINGS, RawImage

Array = npt.NDArray[Any]
Take = Callable[[tuple[int, ...], npt.DTypeLike], Array]
Channels = tuple[int, ...]

ORDERS: Final = ('rgb', 'bgr', 'gray')

# The 8-bit encoding with the same channels; wide pixels are scaled and then treated like it.
_SAME_CHANNELS: Final = {
    'rgb16': 'rgb8',
    'bgr16': 'bgr8',
    '32FC3': 'bgr8',
    'mono16': 'mono8',
    '32FC1': 'mono8',
}

# Where red, green and blue are.
_RED_GREEN_BLUE: Final[dict[str, Channels]] = {
    'rgb8': (0, 1, 2),
    'rgba8': (0, 1, 2),
    'bgr8': (2, 1, 0),
    'bgra8': (2, 1, 0),
    'mono8': (0, 0, 0),
}

_TO_GRAY: Final = {
    'rgb8': cv2.COLOR_RGB2GRAY,
    'rgba8': cv2.COLOR_RGBA2GRAY,
    'bgr8': cv2.COLOR_BGR2GRAY,
    'bgra8': cv2.COLOR_BGRA2GRAY,
}

# OpenCV names a mosaic by the second and third pixel of its second row, ROS by the first two rows:
# bayer_rggb8 is BG there.
_CODES: Final = {
    'rgb': {
        'uyvy': cv2.COLOR_YUV2RGB_UYVY,
        'yuyv': cv2.COLOR_YUV2RGB_YUY2,
        'nv12': cv2.COLOR_YUV2RGB_NV12,
        'nv21': cv2.COLOR_YUV2RGB_NV21,
        'bayer_rggb8': cv2.COLOR_BayerBG2RGB,
        'bayer_bggr8': cv2.COLOR_BayerRG2RGB,
        'bayer_gbrg8': cv2.COLOR_BayerGR2RGB,
        'bayer_grbg8': cv2.COLOR_BayerGB2RGB,
    },
    'bgr': {
        'uyvy': cv2.COLOR_YUV2BGR_UYVY,
        'yuyv': cv2.COLOR_YUV2BGR_YUY2,
        'nv12': cv2.COLOR_YUV2BGR_NV12,
        'nv21': cv2.COLOR_YUV2BGR_NV21,
        'bayer_rggb8': cv2.COLOR_BayerBG2BGR,
        'bayer_bggr8': cv2.COLOR_BayerRG2BGR,
        'bayer_gbrg8': cv2.COLOR_BayerGR2BGR,
        'bayer_grbg8': cv2.COLOR_BayerGB2BGR,
    },
    'gray': {
        'bayer_rggb8': cv2.COLOR_BayerBG2GRAY,
        'bayer_bggr8': cv2.COLOR_BayerRG2GRAY,
        'bayer_gbrg8': cv2.COLOR_BayerGR2GRAY,
        'bayer_grbg8': cv2.COLOR_BayerGB2GRAY,
    },
}

# By the number of channels that are there and the places of those that are wanted.
_REORDER: Final[dict[tuple[int, Channels], int]] = {
    (1, (0, 0, 0)): cv2.COLOR_GRAY2RGB,
    (3, (2, 1, 0)): cv2.COLOR_RGB2BGR,
    (4, (0, 1, 2)): cv2.COLOR_RGBA2RGB,
    (4, (2, 1, 0)): cv2.COLOR_RGBA2BGR,
}

# Brightness 16 to 235 stretched to 0 to 255, which is what the grey of YUV's RGB comes to.
_STRETCHED: Final = np.rint((np.arange(256) - 16) * (255 / 219)).clip(0, 255)
_BRIGHTNESS: Final = _STRETCHED.astype(np.uint8)[np.newaxis]


def to_color(image: RawImage, order: str = 'rgb', out: Array | None = None) -> Array:
    """
    Return an image as (H, W, 3) RGB or BGR, or as (H, W) grey.

    The result is the image's own memory where that has the layout already; read it only. With
    `out` it is written there in every case.
    """
    pixels, channels = to_channels(image, order)
    return reorder(pixels, channels, out)


def to_bytes(image: RawImage, order: str = 'rgb') -> Array:
    """Return an image as `to_color` does, with wide pixels rounded to uint8."""
    colors = to_color(image, order)
    if colors.dtype == np.uint8:
        return colors
    return np.rint(colors).clip(0, 255).astype(np.uint8)


def mask_colors(mask: RawImage, order: str, transparent: int = -1) -> Array:
    """
    Return a coloured mask in that order of colours, with an alpha channel where it has holes.

    Holes are where its own alpha channel says so, or its colour is `transparent` (0xRRGGBB).
    """
    if ENCODINGS[mask.encoding].channels == 4:
        if mask.encoding.startswith(order):
            return mask.data
        return cv2.cvtColor(mask.data, cv2.COLOR_RGBA2BGRA)
    colors = to_bytes(mask, order)
    if transparent < 0:
        return colors
    channels = [transparent >> 16, transparent >> 8 & 255, transparent & 255]
    color = np.array(channels if order == 'rgb' else channels[::-1], np.uint8)
    return cv2.merge([*cv2.split(colors), cv2.bitwise_not(cv2.inRange(colors, color, color))])


def to_channels(image: RawImage, order: str, take: Take = np.empty) -> tuple[Array, Channels]:
    """
    Return pixels in any order of channels, and the place of each channel that is wanted.

    Swapping channels, repeating grey and dropping alpha are left to the caller, for whom they cost
    less after the image has shrunk. `take` gives the memory for what cannot be left.
    """
    if order not in ORDERS:
        raise ImageError(f'color order {order!r} came; expected one of {", ".join(ORDERS)}')
    wide = ENCODINGS[image.encoding].dtype.itemsize > 1
    pixels = _scaled(image, take) if wide else image.data
    encoding = _SAME_CHANNELS.get(image.encoding, image.encoding)
    single = order == 'gray'
    if single and encoding == 'mono8':
        return pixels, (0,)
    if not single and encoding in _RED_GREEN_BLUE:
        places = _RED_GREEN_BLUE[encoding]
        return pixels, places if order == 'rgb' else places[::-1]
    shape = image.size if single else (*image.size, 3)
    out = take(shape, pixels.dtype)
    if single and ENCODINGS[image.encoding].kind == 'yuv':
        return cv2.LUT(_brightness(image), _BRIGHTNESS, dst=out), (0,)
    if ENCODINGS[image.encoding].kind == 'bayer' and min(image.size) < 3:
        raise ImageError(
            f'the image is {image.size[1]}x{image.size[0]}; a {image.encoding} mosaic needs 3x3 '
            'pixels or more'
        )
    code = _TO_GRAY[encoding] if single and encoding in _TO_GRAY else _CODES[order][encoding]
    return cv2.cvtColor(pixels, code, dst=out), (0,) if single else (0, 1, 2)


def in_order(pixels: Array, channels: Channels) -> bool:
    """Say whether all channels are in their places and no others are there."""
    return channels == ((0,) if pixels.ndim == 2 else tuple(range(pixels.shape[2])))


def reorder(pixels: Array, channels: Channels, out: Array | None = None) -> Array:
    """Put channels in their places; without `out`, pixels that are in order are not copied."""
    if in_order(pixels, channels):
        if out is None:
            return pixels
        np.copyto(out, pixels)
        return out
    present = 1 if pixels.ndim == 2 else pixels.shape[2]
    return cv2.cvtColor(pixels, _REORDER[present, channels], dst=out)


def _scaled(image: RawImage, take: Take) -> Array:
    """Return 16-bit or float pixels as float32 of 0 to 255 in the machine's byte order."""
    pixels = take(image.data.shape, np.float32)
    if image.data.dtype.kind == 'u':
        np.multiply(image.data, np.float32(255 / 65535), out=pixels)
        return pixels
    with np.errstate(all='ignore'):
        np.multiply(image.data, np.float32(255), out=pixels)
        total = pixels.sum()
    # The sum of a good image is finite and quick to find; only a bad one is looked at in detail.
    if not np.isfinite(total):
        _refuse_infinite(pixels, image.encoding)
    return pixels


def _refuse_infinite(pixels: Array, encoding: str) -> None:
    """Raise ImageError when pixels are no finite numbers."""
    bad = ~np.isfinite(pixels)
    count = int(bad.sum())
    if count:
        row, column = np.argwhere(bad)[0][:2]
        raise ImageError(
            f'{count} of {bad.size} values of the {encoding} image are NaN or infinite, the first '
            f'at row {row}, column {column}; give numbers from 0 to 1'
        )


def _brightness(image: RawImage) -> Array:
    """Return the brightness of a YUV image, as a view of it."""
    if image.encoding in ('nv12', 'nv21'):
        return image.data[: image.size[0]]
    return image.data[..., 1 if image.encoding == 'uyvy' else 0]
