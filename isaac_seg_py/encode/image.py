"""A camera image becomes the input tensor of a network."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .antialias import resize_antialiased
from .colors import Channels, in_order, reorder, to_channels
from .normalize import Normalizer
from ..buffers import BufferPool
from ..config import EncodeConfig
from ..errors import ImageError
from ..geometry import View
from ..images import RawImage
from ..tensors import Tensors, TensorSpec

Array = npt.NDArray[Any]

# OpenCV's plain "nearest" is off by half a pixel; the exact one agrees with View.
_INTERPOLATIONS: Final = {
    'linear': cv2.INTER_LINEAR,
    'nearest': cv2.INTER_NEAREST_EXACT,
    'area': cv2.INTER_AREA,
}
_LARGEST_CROP: Final = 16
_RESULTS: Final = 8
_SCRATCH: Final = 2


class ImageEncoder:
    """
    Places images on a network's canvas and normalises them.

    The tensor is defined as: the image in colour, resized about pixel centres (uint8 pixels
    rounded to whole values, as OpenCV does), padded, then `pixel * scale + bias` in float32.
    Swapping channels happens after the resizing, where it costs least; the result is the same.
    Memory is used again as soon as nobody holds the tensors that were made in it.
    """

    def __init__(self, config: EncodeConfig) -> None:
        """Prepare for a network; raise ConfigError when the settings do not go together."""
        self.config = config
        height, width = config.network_size
        self._normalizer = Normalizer(config)
        self._planar = config.tensor_layout == 'NCHW'
        channels = self._normalizer.channels
        image = (channels, height, width) if self._planar else (height, width, channels)
        self._shape = (config.batch_size, *image)
        self._view: View | None = None
        self._results = BufferPool(_RESULTS)
        self._colors, self._resized, self._planes = (BufferPool(_SCRATCH) for _ in range(3))

    @property
    def spec(self) -> TensorSpec:
        """Return name, shape and type of the tensor."""
        return TensorSpec(self.config.tensor_name, self._shape, self._normalizer.dtype)

    def __call__(self, image: RawImage) -> Tensors:
        """Return the tensor of an image; raise ImageError when the image is wrong."""
        view = self.view_of(image.size)
        pixels, channels = to_channels(image, self.config.color_order, self._colors.take)
        shown = self._resize(pixels, view)
        tensor = self._results.take(self._shape, self._normalizer.dtype)
        self._fill(tensor[0], shown, channels, view)
        tensor[1:] = tensor[0]
        return Tensors({self.config.tensor_name: tensor}, view)

    def view_of(self, size: tuple[int, int]) -> View:
        """Return where an image of (height, width) lies; raise ImageError for another size."""
        view = self._view
        if view is None or view.image != size:
            self._check_size(size)
            view = View.fit(size, self.config.network_size, self.config.placement)
            _check_crop(view)
            self._view = view
        return view

    def _check_size(self, size: tuple[int, int]) -> None:
        """Raise ImageError unless the camera has the size that was set."""
        set_size = self.config.input_image_height, self.config.input_image_width
        if any(want not in (0, got) for want, got in zip(set_size, size, strict=True)):
            raise ImageError(
                f'the image is {size[1]}x{size[0]}; input_image_width and input_image_height say '
                f'{set_size[1]}x{set_size[0]}. Set them to the size of the camera, or to 0 for any'
            )

    def _resize(self, pixels: Array, view: View) -> Array:
        """Return the pixels at the size of their rectangle, of which a crop takes the middle."""
        shown = pixels
        if view.content != view.image:
            out = self._resized.take((*view.content, *pixels.shape[2:]), pixels.dtype)
            if self.config.interpolation == 'antialias':
                shown = resize_antialiased(pixels, view.content, out)
            else:
                method = self._method(view)
                shown = cv2.resize(pixels, view.content[::-1], dst=out, interpolation=method)
        top, left, bottom, right = view.visible()
        rows, columns = view.offset
        return shown[top - rows : bottom - rows, left - columns : right - columns]

    def _method(self, view: View) -> int:
        """Return how OpenCV resizes."""
        method = _INTERPOLATIONS[self.config.interpolation]
        grows = any(new > old for new, old in zip(view.content, view.image, strict=True))
        # There is nothing to average, and OpenCV would leave the pixel centres.
        return cv2.INTER_LINEAR if method == cv2.INTER_AREA and grows else method

    def _fill(self, canvas: Array, shown: Array, channels: Channels, view: View) -> None:
        """Write normalised pixels to their rectangle, and padding around it."""
        planes = canvas if self._planar else np.moveaxis(canvas, -1, 0)
        top, left, bottom, right = view.visible()
        padding = self._normalizer.padding[:, np.newaxis, np.newaxis]
        planes[:, :top], planes[:, bottom:] = padding, padding
        planes[:, top:bottom, :left], planes[:, top:bottom, right:] = padding, padding
        if self._planar:
            sources = self._split(shown)
            for plane, (index, channel) in zip(planes, enumerate(channels), strict=True):
                self._normalizer.plane(sources[channel], index, plane[top:bottom, left:right])
            return
        out = canvas[top:bottom, left:right]
        if len(channels) == 1:
            self._normalizer.plane(shown, 0, out[..., 0])
            return
        if not in_order(shown, channels):
            place = self._planes.take((*shown.shape[:2], len(channels)), shown.dtype)
            shown = reorder(shown, channels, place)
        self._normalizer.interleaved(shown, out)

    def _split(self, shown: Array) -> list[Array]:
        """Return each channel as a plane."""
        if shown.ndim == 2:
            return [shown]
        height, width, count = shown.shape
        planes = self._planes.take((count, height, width), shown.dtype)
        return list(cv2.split(shown, list(planes)))


def _check_crop(view: View) -> None:
    """Raise ImageError when so little fits that resizing the whole needs vast memory."""
    whole, seen = (height * width for height, width in (view.content, view.canvas))
    if whole > _LARGEST_CROP * seen:
        raise ImageError(
            f'the image is {view.image[1]}x{view.image[0]}; cropped to the shape of '
            f'{view.canvas[1]}x{view.canvas[0]} less than 1/{_LARGEST_CROP} of it would be left. '
            'Set fit to letterbox or stretch'
        )
