"""RawImage: the bytes that a camera gives, with what is needed to read them."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .errors import ImageError


@dataclass(frozen=True)
class Encoding:
    """
    How the pixels of an encoding lie in memory.

    `rows` scales the height of the image to that of the stored array: NV12 keeps its colours in
    half as many rows below the brightness.
    """

    dtype: np.dtype[Any]
    channels: int
    kind: str
    rows: float = 1.0
    even_width: bool = False
    even_height: bool = False


_U8, _U16, _F32 = (np.dtype(name) for name in ('uint8', 'uint16', 'float32'))

ENCODINGS: Final[dict[str, Encoding]] = {
    'rgb8': Encoding(_U8, 3, 'color'),
    'bgr8': Encoding(_U8, 3, 'color'),
    'rgba8': Encoding(_U8, 4, 'color'),
    'bgra8': Encoding(_U8, 4, 'color'),
    'rgb16': Encoding(_U16, 3, 'color'),
    'bgr16': Encoding(_U16, 3, 'color'),
    'mono8': Encoding(_U8, 1, 'mono'),
    'mono16': Encoding(_U16, 1, 'mono'),
    '32FC1': Encoding(_F32, 1, 'mono'),
    '32FC3': Encoding(_F32, 3, 'color'),
    'uyvy': Encoding(_U8, 2, 'yuv', even_width=True),
    'yuyv': Encoding(_U8, 2, 'yuv', even_width=True),
    'nv12': Encoding(_U8, 1, 'yuv', rows=1.5, even_width=True, even_height=True),
    'nv21': Encoding(_U8, 1, 'yuv', rows=1.5, even_width=True, even_height=True),
    'bayer_rggb8': Encoding(_U8, 1, 'bayer'),
    'bayer_bggr8': Encoding(_U8, 1, 'bayer'),
    'bayer_gbrg8': Encoding(_U8, 1, 'bayer'),
    'bayer_grbg8': Encoding(_U8, 1, 'bayer'),
}

# Other names of the same layout: ROS 1 words, OpenCV types (whose colours are BGR), drivers' own.
SYNONYMS: Final = {
    '8UC1': 'mono8',
    '16UC1': 'mono16',
    'yuv422': 'uyvy',
    'yuv422_uyvy': 'uyvy',
    'yuv422_yuy2': 'yuyv',
    'yuy2': 'yuyv',
    '8UC3': 'bgr8',
    '8UC4': 'bgra8',
}


@dataclass(frozen=True, eq=False)
class RawImage:
    """
    An image as a camera or a message gives it.

    `data` is (H, W) or (H, W, C), (1.5 H, W) for NV12 and NV21; its rows may have padding between
    them (strides). It is read and never written.
    """

    data: npt.NDArray[Any]
    encoding: str
    size: tuple[int, int]

    @classmethod
    def from_buffer(
        cls, buffer: Any, *, size: tuple[int, int], encoding: str, step: int, is_bigendian: bool
    ) -> RawImage:
        """View a flat buffer as an image without copying; raise ImageError for a misfit."""
        name, layout = find_encoding(encoding)
        height, width = size
        _check_sides(size, encoding, layout)
        rows = math.ceil(height * layout.rows)
        used = width * layout.channels * layout.dtype.itemsize
        if step < used:
            raise ImageError(
                f'step is {step} bytes; a row of {width} {encoding} pixels needs {used} or more'
            )
        flat = np.frombuffer(buffer, np.uint8)
        # Some drivers leave out the padding after the last row.
        needed = (rows - 1) * step + used
        if not needed <= flat.size <= rows * step:
            raise ImageError(
                f'data has {flat.size} bytes; {width}x{height} {encoding} with step {step} '
                f'needs {rows * step}'
            )
        item = layout.dtype.newbyteorder('>' if is_bigendian else '<')
        if step % item.itemsize:
            # Rows that do not start on a whole element cannot be viewed: copy the used bytes.
            pitched = np.lib.stride_tricks.as_strided(flat, (rows, used), (step, 1))
            flat, step = np.ascontiguousarray(pitched).reshape(-1), used
        shape: tuple[int, ...] = (rows, width)
        strides: tuple[int, ...] = (step, layout.channels * item.itemsize)
        if layout.channels > 1:
            shape, strides = (*shape, layout.channels), (*strides, item.itemsize)
        data: npt.NDArray[Any] = np.ndarray(shape, item, flat, 0, strides)
        return cls(data, name, size)

    @classmethod
    def of(cls, image: Any) -> RawImage:
        """Take an image, (H, W, 3) uint8 RGB or (H, W) uint8 grey, or one that is wrapped."""
        if isinstance(image, RawImage):
            return image
        if not isinstance(image, np.ndarray):
            hint = '; did cv2.imread find the file?' if image is None else ''
            raise ImageError(
                f'{"None" if image is None else type(image).__name__} came; an array (H, W, 3) of '
                f'uint8 is expected{hint}'
            )
        return cls.from_array(image, 'mono8' if image.ndim == 2 else 'rgb8')

    @classmethod
    def from_array(cls, array: npt.NDArray[Any], encoding: str) -> RawImage:
        """Wrap an (H, W) or (H, W, C) array."""
        name, layout = find_encoding(encoding)
        channels = 1 if array.ndim == 2 else array.shape[-1]
        if array.ndim not in (2, 3) or channels != layout.channels:
            expected = f'(height, width, {layout.channels})'
            raise ImageError(
                f'an array of shape {array.shape} came for {encoding}; '
                f'{"(height, width)" if layout.channels == 1 else expected} was expected'
            )
        if array.dtype.newbyteorder('=') != layout.dtype:
            raise ImageError(f'{array.dtype} came for {encoding}; {layout.dtype} was expected')
        size = math.floor(array.shape[0] / layout.rows), array.shape[1]
        if math.ceil(size[0] * layout.rows) != array.shape[0]:
            raise ImageError(
                f'an array of {array.shape[0]} rows came for {encoding}; '
                f'{layout.rows:g} rows for each row of the image were expected'
            )
        _check_sides(size, encoding, layout)
        return cls(array[..., 0] if array.ndim > 2 and channels == 1 else array, name, size)


def _check_sides(size: tuple[int, int], encoding: str, layout: Encoding) -> None:
    """Raise ImageError for a size that an image of this layout cannot have."""
    height, width = size
    if height < 1 or width < 1:
        raise ImageError(f'the image is {width}x{height}; both sides must be 1 or more')
    if (layout.even_width and width % 2) or (layout.even_height and height % 2):
        raise ImageError(
            f'the image is {width}x{height}; {encoding} shares colours between two pixels and '
            f'needs an even {"width and height" if layout.even_height else "width"}'
        )


def find_encoding(encoding: str) -> tuple[str, Encoding]:
    """Return our name and the layout of an encoding; raise ImageError for one we do not know."""
    name = SYNONYMS.get(encoding, encoding)
    layout = ENCODINGS.get(name)
    if layout is None:
        known = ', '.join([*ENCODINGS, *SYNONYMS])
        raise ImageError(f'encoding {encoding!r} came; expected one of {known}')
    return name, layout
