"""Read and write picture files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .errors import ConfigError, ImageError

Picture = npt.NDArray[np.uint8]
IMAGE_SUFFIXES: Final = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')
_TIFF: Final = (b'II*\0', b'MM\0*')
# Files with a logarithm of the brightness, as OpenCV writes floats, hold 1.0 a little wrong.
_BEYOND: Final = 0.02


def read_image(path: Path) -> Picture:
    """
    Return an image file as (H, W, 3) uint8 RGB, turned upright as its EXIF says.

    65535 of a file of 16 bits is 255, and so is 1.0 of a file of floats.
    """
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ImageError(f'image {str(path)!r} cannot be read: {error.strerror}') from error
    try:
        found = _decoded(content) if content.size else None
    except cv2.error:
        found = None
    if found is None:
        raise ImageError(f'image {str(path)!r} is damaged, or no image; it cannot be decoded')
    if found.dtype != np.uint8:
        found = _as_bytes(found, path)
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def _decoded(content: Picture) -> npt.NDArray[Any] | None:
    """Return the pixels of a file, (H, W, 3) BGR, with all the bits that they have."""
    if content[:4].tobytes() in _TIFF:
        # OpenCV cannot make three channels of one of floats.
        found = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
        if found is not None and found.dtype.kind == 'f':
            codes = {1: cv2.COLOR_GRAY2BGR, 4: cv2.COLOR_BGRA2BGR}
            code = codes.get(found.shape[2] if found.ndim == 3 else 1)
            return found if code is None else cv2.cvtColor(found.astype(np.float32), code)
    return cv2.imdecode(content, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)


def _as_bytes(found: npt.NDArray[Any], path: Path) -> Picture:
    """Scale pixels of more than 8 bits to 0 to 255."""
    if found.dtype == np.uint16:
        return np.round(found / 257).astype(np.uint8)
    if found.dtype.kind != 'f':
        raise ImageError(
            f'image {str(path)!r} has pixels of {found.dtype}; 8 or 16 bits without a sign, or '
            'floats from 0 to 1, are expected'
        )
    low, high = float(found.min()), float(found.max())
    # Written so that NaN is refused too.
    if not (low >= -_BEYOND and high <= 1 + _BEYOND):
        raise ImageError(
            f'image {str(path)!r} has floats from {low:g} to {high:g}; 0 to 1 is expected: '
            'scale them'
        )
    return np.round(np.clip(found, 0, 1) * 255).astype(np.uint8)


def write_image(path: Path, picture: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write an RGB or RGBA picture, or a map of class ids, as its suffix says."""
    if picture.ndim == 3:
        code = cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        picture = cv2.cvtColor(picture, code)  # type: ignore[assignment]
    # The lowest compression that is still some: five times faster than OpenCV's own choice.
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix.lower() == '.png' else []
    try:
        done, content = cv2.imencode(path.suffix, picture, options)
    except cv2.error as error:
        raise ConfigError(
            f'{path.name!r} has a suffix that cannot be written; .png or .jpg is expected'
        ) from error
    if not done:
        raise ConfigError(f'{str(path)!r} could not be encoded')
    path.write_bytes(content.tobytes())
