"""From an image and its settings to the parameters of preprocess.cu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy.typing as npt

from .kernel_geometry import canvas_to_image
from .kernel_structs import (
    ELEMENTS,
    ImageSource,
    PreprocessParameters,
    SAMPLINGS,
    SOURCE_KINDS,
)
from ..config import EncodeConfig
from ..errors import ImageError
from ..geometry import View
from ..images import ENCODINGS, RawImage

# Kind and places of each encoding, see ImageSource in colors.cuh.
_SOURCES: Final[dict[str, tuple[str, tuple[int, int, int]]]] = {
    'rgb8': ('bytes', (0, 1, 2)),
    'bgr8': ('bytes', (2, 1, 0)),
    'rgba8': ('bytes', (0, 1, 2)),
    'bgra8': ('bytes', (2, 1, 0)),
    'mono8': ('bytes', (0, 0, 0)),
    'rgb16': ('words', (0, 1, 2)),
    'bgr16': ('words', (2, 1, 0)),
    'mono16': ('words', (0, 0, 0)),
    '32FC1': ('floats', (0, 0, 0)),
    '32FC3': ('floats', (2, 1, 0)),
    'uyvy': ('yuv_packed', (1, 0, 2)),
    'yuyv': ('yuv_packed', (0, 1, 3)),
    'nv12': ('yuv_planes', (0, 0, 1)),
    'nv21': ('yuv_planes', (0, 1, 0)),
    'bayer_rggb8': ('bayer', (0, 0, 0)),
    'bayer_bggr8': ('bayer', (1, 1, 0)),
    'bayer_gbrg8': ('bayer', (1, 0, 0)),
    'bayer_grbg8': ('bayer', (0, 1, 0)),
}


def image_source(image: RawImage) -> ImageSource:
    """Describe an image whose rows lie on the device as they lie here; `pixels` is not set."""
    layout, pixels = ENCODINGS[image.encoding], image.data
    if layout.kind == 'bayer' and min(image.size) < 3:
        raise ImageError(
            f'the image is {image.size[1]}x{image.size[0]}; a {image.encoding} mosaic needs 3x3 '
            'pixels or more'
        )
    if not pixels[0].flags.c_contiguous or pixels.strides[0] < 0:
        raise ImageError(
            f'rows and pixels lie {pixels.strides} bytes apart; copy the image, so that each '
            'follows the one before'
        )
    kind, places = _SOURCES[image.encoding]
    return ImageSource(
        step=pixels.strides[0],
        height=image.size[0],
        width=image.size[1],
        kind=SOURCE_KINDS.index(kind),
        channels=layout.channels,
        places=places,
        swapped=layout.dtype.itemsize > 1 and not pixels.dtype.isnative,
    )


def preprocess_parameters(
    image: RawImage,
    view: View,
    config: EncodeConfig,
    *,
    scale: Sequence[float] | npt.NDArray[Any],
    bias: Sequence[float] | npt.NDArray[Any],
    padding: Sequence[float] | npt.NDArray[Any],
) -> PreprocessParameters:
    """
    Prepare the making of a tensor; the pointers `image.pixels` and `tensor` are not set.

    `scale`, `bias` and `padding`, in the tensor's order of channels, are those of `Normalizer`.
    """
    rows, columns = canvas_to_image(view, nearest=config.interpolation == 'nearest')
    top, left, bottom, right = view.visible()
    channels = len(scale)
    return PreprocessParameters(
        image=image_source(image),
        rows=rows,
        columns=columns,
        height=view.canvas[0],
        width=view.canvas[1],
        top=top,
        left=left,
        bottom=bottom,
        right=right,
        sampling=SAMPLINGS.index(_sampling(view, config.interpolation)),
        element=ELEMENTS.index(config.tensor_dtype),
        channels=channels,
        reversed=config.color_order == 'bgr',
        planar=config.tensor_layout == 'NCHW',
        batch=config.batch_size,
        **{
            name: (*map(float, values), 0.0, 0.0)[:3]
            for name, values in (('scale', scale), ('bias', bias), ('padding', padding))
        },
    )


def _sampling(view: View, interpolation: str) -> str:
    """Choose the way of sampling that comes to what OpenCV does."""
    if view.content == view.image or interpolation == 'nearest':
        return 'point'
    ratios = list(zip(view.content, view.image, strict=True))
    if interpolation == 'linear' or any(new > old for new, old in ratios):
        return 'linear'
    # To halve both sides is to mix four pixels, and so OpenCV rounds.
    return 'linear' if all(2 * new == old for new, old in ratios) else 'area'
