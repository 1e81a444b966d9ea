"""The arithmetic of a pixel: tensor = pixel * scale + bias, for each channel."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..config import EncodeConfig
from ..errors import ConfigError

Array = npt.NDArray[Any]

_LEVELS: Final = np.arange(256, dtype=np.float32)


class Normalizer:
    """
    Turns pixel values of 0 to 255 into tensor values, computed in float32.

    scale = 1 / (255 * deviation) and bias = -mean / deviation, or else scale = net_scale_factor
    and bias = -net_scale_factor * offset. A uint8 tensor takes pixel values as they are.
    A uint8 image has only 256 different pixel values, which are looked up: exact and quick.
    """

    def __init__(self, config: EncodeConfig) -> None:
        """Work out scale, bias and table; raise ConfigError when the settings make no sense."""
        self.dtype: np.dtype[Any] = np.dtype(config.tensor_dtype)
        self.channels = 1 if config.color_order == 'gray' else 3
        with np.errstate(all='ignore'):
            self.scale, self.bias = _scale_and_bias(config, self.channels)
            table = self._rounded(np.outer(self.scale, _LEVELS) + self.bias[:, np.newaxis])
        if not np.isfinite(table).all():
            raise ConfigError(
                f'image_mean, image_stddev, net_scale_factor or offsets leave the range of '
                f'{self.dtype}; give finite and moderate numbers'
            )
        # OpenCV copies the entries of a table without looking at them, but knows no float16.
        self._tables = [_as_bits(row[np.newaxis]) for row in table]
        self._table = _as_bits(np.ascontiguousarray(table.T)[np.newaxis])
        padding = np.float32(config.padding_value) * self.scale + self.bias
        self.padding = self._rounded(padding * (not config.pad_after_normalization))

    def plane(self, pixels: Array, channel: int, out: Array) -> None:
        """Write the (H, W) pixels of one channel to its plane of a tensor."""
        if pixels.dtype == np.uint8:
            cv2.LUT(pixels, self._tables[channel], dst=_as_bits(out))
        else:
            self._compute(pixels, self.scale[channel], self.bias[channel], out)

    def interleaved(self, pixels: Array, out: Array) -> None:
        """Write (H, W, C) pixels to a tensor with the same order of axes."""
        if pixels.dtype == np.uint8:
            cv2.LUT(pixels, self._table, dst=_as_bits(out))
        else:
            self._compute(pixels, self.scale, self.bias, out)

    def _compute(self, pixels: Array, scale: Array, bias: Array, out: Array) -> None:
        """Write float pixels, which no table holds."""
        if self.dtype == np.float32:
            np.multiply(pixels, scale, out=out)
            np.add(out, bias, out=out)
        else:
            out[...] = self._rounded(pixels * scale + bias)

    def _rounded(self, values: Array) -> Array:
        """Return float32 values in the type of the tensor."""
        if self.dtype == np.uint8:
            values = np.rint(values).clip(0, 255)
        with np.errstate(over='ignore'):
            return values.astype(self.dtype, copy=False)


def _scale_and_bias(config: EncodeConfig, channels: int) -> tuple[Array, Array]:
    """Return scale and bias of each channel, worked out in float64, as float32."""
    if config.tensor_dtype == 'uint8':
        _refuse_normalization(config)
        scale, bias = np.ones(channels), np.zeros(channels)
    elif config.net_scale_factor:
        scale = np.full(channels, config.net_scale_factor)
        bias = -scale * _per_channel(config.offsets or (0.0,), channels)
    else:
        deviation = _per_channel(config.image_stddev, channels)
        scale = 1 / (255 * deviation)
        bias = -_per_channel(config.image_mean, channels) / deviation
    return scale.astype(np.float32), bias.astype(np.float32)


def _per_channel(values: tuple[float, ...], channels: int) -> Array:
    """Return one value per channel; a grey network takes the first of three."""
    return np.array(values * channels if len(values) == 1 else values[:channels], np.float64)


def _refuse_normalization(config: EncodeConfig) -> None:
    """Raise ConfigError for a normalisation that a uint8 tensor would silently not have."""
    for name in ('image_mean', 'image_stddev', 'net_scale_factor', 'offsets'):
        default = type(config).__dataclass_fields__[name].default
        if getattr(config, name) != default:
            raise ConfigError(
                f'{name} is {getattr(config, name)}, but a uint8 tensor takes pixel values as '
                f'they are; leave {name} out, or set tensor_dtype to float32 or float16'
            )


def _as_bits(array: Array) -> Array:
    """View float16 as whole numbers of the same size, which OpenCV can move about."""
    return array.view(np.uint16) if array.dtype == np.float16 else array
