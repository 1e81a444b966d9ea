"""The CUDA twin of `ImageEncoder`: an image becomes a tensor on the device, in one launch."""

from __future__ import annotations

from typing import Final

import numpy as np

from .colors import to_channels
from .image import ImageEncoder
from .normalize import Normalizer
from ..closing import Closing
from ..config import EncodeConfig
from ..cuda import Device, DeviceArray, open_device, Stream
from ..cuda.kernel_geometry import BLOCK, launch_grid
from ..cuda.kernel_images import preprocess_parameters
from ..cuda.mirror import Mirror
from ..cuda.pool import DevicePool
from ..errors import ConfigError
from ..geometry import Size, View
from ..images import ENCODINGS, RawImage
from ..tensors import Tensors, TensorSpec

_RESULTS: Final = 8
_STAGES: Final = 2


class CudaImageEncoder(Closing):
    """
    Does on the device what `ImageEncoder` does, with the same settings but `antialias`.

    The tensor is a DeviceArray: when the call returns it is on its way, and its event says when it
    is there.
    """

    def __init__(self, config: EncodeConfig, device: Device | None = None) -> None:
        """Prepare for a network, on a device or else the first one; see `ImageEncoder`."""
        if config.interpolation == 'antialias':
            raise ConfigError(
                'interpolation antialias is done on the host; use Pipeline, or set interpolation '
                'to area, which comes near it'
            )
        self.config = config
        self._plain = ImageEncoder(config)
        self.shape = tuple(int(dim) for dim in self._plain.spec.shape if dim is not None)
        self._normalizer = Normalizer(config)
        self._owns = device is None
        self.device = device or open_device()
        self._stream = self.device.stream()
        self._results = DevicePool(self.device, _RESULTS)
        self._stages: list[ImageStage] = []

    @property
    def spec(self) -> TensorSpec:
        """Return name, shape and type of the tensor."""
        return self._plain.spec

    def __call__(self, image: RawImage) -> Tensors:
        """Return the tensor of an image; raise ImageError when the image is wrong."""
        stage = self._stage_for(image)
        stage.fill(image)
        tensor = self._results.take(self.shape, self._normalizer.dtype)
        stage.enqueue(self._stream, tensor)
        self._stream.record(stage.passed)
        if tensor.ready is not None:
            self._stream.record(tensor.ready)
        return Tensors({self.config.tensor_name: tensor}, stage.view)

    def view_of(self, size: Size) -> View:
        """Return where an image of (height, width) lies; raise ImageError for another size."""
        return self._plain.view_of(size)

    def stage(self, image: RawImage) -> ImageStage:
        """Return a new place for images like this one; raise ImageError when it is wrong."""
        view = self.view_of(image.size)
        return ImageStage(self.device, self.config, self._normalizer, view, image)

    def close(self) -> None:
        """Give back what is held on the device; closing twice is harmless."""
        for stage in self._stages:
            stage.close()
        self._stages.clear()
        self._results.clear()
        self._stream.close()
        if self._owns:
            self.device.close()

    def _stage_for(self, image: RawImage) -> ImageStage:
        """Return a place: with two in turn, one image is taken while the last is on its way."""
        if self._stages and not self._stages[0].fits(image):
            self._stages.clear()
        if len(self._stages) < _STAGES:
            self._stages.append(self.stage(image))
        else:
            self._stages.append(self._stages.pop(0))
        return self._stages[-1]


class ImageStage(Closing):
    """A place for images of one size and encoding on their way to the device."""

    def __init__(
        self,
        device: Device,
        config: EncodeConfig,
        normalizer: Normalizer,
        view: View,
        image: RawImage,
    ) -> None:
        """Prepare for images like this one; raise ImageError when it is wrong."""
        self.view = view
        self._encoding = image.encoding
        self._order = config.color_order
        self._kernel = device.kernel('preprocess')
        # Rows without gaps and in the machine's byte order, whatever the camera sends.
        layout = ENCODINGS[image.encoding]
        self._is_float = layout.dtype.kind == 'f'
        self._pixels = Mirror(device, image.data.shape, layout.dtype)
        self._parameters = preprocess_parameters(
            RawImage(self._pixels.array, image.encoding, image.size),
            view,
            config,
            scale=normalizer.scale,
            bias=normalizer.bias,
            padding=normalizer.padding,
        )
        self._parameters.image.pixels = self._pixels.pointer
        self.passed = device.event(blocking=True)
        """To be recorded behind `enqueue`: from then on the next image may come."""

    def fits(self, image: RawImage) -> bool:
        """Say whether the place is for images of that size and encoding."""
        return self.view.image == image.size and self._encoding == image.encoding

    def fill(self, image: RawImage) -> None:
        """Take the pixels when the last ones are through; raise ImageError for NaN or infinity."""
        if self._is_float:
            with np.errstate(all='ignore'):
                total = np.float32(255) * image.data.sum()
            # A good image's sum is finite. The reference tells what is wrong with a bad one.
            if not np.isfinite(total):
                to_channels(image, self._order)
        self.passed.synchronize()
        np.copyto(self._pixels.array, image.data)

    def enqueue(self, stream: Stream, tensor: DeviceArray) -> None:
        """Put the way from the pixels to the tensor on a stream."""
        self._pixels.send(stream)
        self._parameters.tensor = tensor.pointer
        grid = launch_grid(self.view.canvas)
        self._kernel.launch(stream, grid, BLOCK, self._parameters)

    def close(self) -> None:
        """Give the memory back."""
        self._pixels.close()
        self.passed.close()
