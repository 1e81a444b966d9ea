"""
JPEG and PNG bytes become a RawImage.

The size in the header is read before anything is decoded, so that a few bytes cannot ask for
gigabytes, and the end of the file is looked for, because a cut-off image would decode to one with
a grey rest. Damage in the middle of a JPEG cannot be told from a picture.
"""

from __future__ import annotations

from typing import Any, Final
import zlib

import cv2
import numpy as np

from ..errors import ImageError
from ..geometry import MAX_PIXELS
from ..images import ENCODINGS, RawImage

_PNG: Final = b'\x89PNG\r\n\x1a\n'
_JPEG: Final = b'\xff\xd8\xff'
_JPEG_END: Final = b'\xff\xd9'
# JPEG markers without a length behind them, and the start-of-frame markers, which hold the size.
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9


def decode_compressed(data: Any, format: str = '', max_pixels: int = MAX_PIXELS) -> RawImage:  # noqa: A002
    """
    Decode the JPEG or PNG bytes of a `sensor_msgs/CompressedImage`.

    `data` is any buffer of bytes. What it is stands in its first bytes; `format` only names the
    encoding of a Bayer mosaic and serves the error messages. The result is mono8, mono16, bgr8,
    bgra8 or bgr16, whatever order of colours the camera had.
    """
    view = np.frombuffer(data, np.uint8).data
    start = bytes(view[:8])
    if start == _PNG:
        height, width = _png_size(view)
    elif start.startswith(_JPEG):
        height, width = _jpeg_size(view)
    else:
        raise ImageError(
            f'{len(view)} bytes of format {format!r} came that begin with '
            f'{start.hex(" ") or "nothing"}; JPEG or PNG was expected'
        )
    if min(height, width) < 1 or height * width > max_pixels:
        raise ImageError(
            f'the header says {width}x{height} pixels; 1 to {max_pixels} pixels are accepted'
        )
    try:
        pixels = cv2.imdecode(np.frombuffer(view, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise _damaged(f'OpenCV says {error}') from error
    if pixels is None or pixels.shape[:2] != (height, width):
        raise _damaged('OpenCV could not decode it')
    return _wrap(pixels, format)


def _wrap(pixels: Any, format: str) -> RawImage:  # noqa: A002
    """Name what OpenCV gave."""
    wide = pixels.dtype == np.uint16
    if pixels.ndim == 2:
        original = format.partition(';')[0].strip()
        layout = ENCODINGS.get(original)
        if layout and layout.kind == 'bayer' and not wide:
            return RawImage.from_array(pixels, original)
        return RawImage.from_array(pixels, 'mono16' if wide else 'mono8')
    if wide:
        # There is no 16-bit encoding with alpha, which is dropped in any case.
        return RawImage.from_array(pixels[..., :3], 'bgr16')
    return RawImage.from_array(pixels, 'bgra8' if pixels.shape[2] == 4 else 'bgr8')


def _png_size(view: memoryview) -> tuple[int, int]:
    """Return (height, width) of a PNG file all of whose chunks are whole."""
    size, at = None, len(_PNG)
    while at + 12 <= len(view):
        length = int.from_bytes(view[at : at + 4], 'big')
        kind, end = bytes(view[at + 4 : at + 8]), at + 8 + length
        if end + 4 > len(view):
            break
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], 'big'):
            raise _damaged(f'the checksum of its {kind!r} chunk at byte {at} is wrong')
        if size is None:
            if kind != b'IHDR' or length != 13:
                raise _damaged('it does not begin with an IHDR chunk')
            width, height = (int.from_bytes(view[i : i + 4], 'big') for i in (at + 8, at + 12))
            size = height, width
        if kind == b'IEND':
            return size
        at = end + 4
    raise _damaged(f'it has no end within its {len(view)} bytes')


def _jpeg_size(view: memoryview) -> tuple[int, int]:
    """Return (height, width) of a JPEG file that has an end."""
    at = 2
    size = None
    while at + 4 <= len(view) and view[at] == 0xFF:
        marker = view[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (_SCAN, _END):
            break
        if marker in _FRAMES and at + 9 <= len(view):
            height, width = (int.from_bytes(view[i : i + 2], 'big') for i in (at + 5, at + 7))
            size = height, width
        at += 2 + int.from_bytes(view[at + 2 : at + 4], 'big')
    if size is None:
        raise _damaged('its header has no size')
    # Pixel data never holds these two bytes, and drivers may leave anything behind the end.
    if _JPEG_END not in bytes(view[at:]):
        raise _damaged(f'it has no end within its {len(view)} bytes')
    return size


def _damaged(why: str) -> ImageError:
    """Make the error of an image that began well."""
    return ImageError(f'the compressed image is damaged: {why}; send it whole')
