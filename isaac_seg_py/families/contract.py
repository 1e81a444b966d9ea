"""Read from a network itself what its manifest leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import DecodeConfig, EncodeConfig
from ..errors import ConfigError, ModelError
from ..infer import open_backend
from ..manifest import Manifest
from ..settings import settings_of
from ..tensors import TensorSpec

_CHANNELS = {1: 'gray', 3: 'rgb'}


def encode_config(manifest: Manifest, spec: TensorSpec, **chosen: Any) -> EncodeConfig:
    """
    Return how images are encoded for a network that takes one image.

    `chosen` settings win over the manifest, the manifest over what the tensor shows.
    """
    found = {**_shown(spec), **manifest.encode, **chosen}
    config = EncodeConfig(**found)
    expected = {'NCHW': (1, 2, 3), 'NHWC': (3, 1, 2)}[config.tensor_layout]
    channels = 1 if config.color_order == 'gray' else 3
    for axis, size in zip(expected, (channels, *config.network_size), strict=True):
        dim = spec.shape[axis]
        if isinstance(dim, int) and dim != size:
            raise ModelError(
                f'the settings make a {config.tensor_layout} tensor of {channels} channels, '
                f'{config.network_size[0]} rows and {config.network_size[1]} columns; the model '
                f'takes {spec}. Correct the manifest, or the network size given'
            )
    return config


def decode_config(manifest: Manifest, **chosen: Any) -> DecodeConfig:
    """Return how the output is decoded; `chosen` settings win over the manifest."""
    return DecodeConfig(**{**decode_defaults(manifest), **chosen})


def encode_defaults(manifest: Manifest) -> dict[str, Any]:
    """Return what a model says of its input; its file is read where the manifest is silent."""
    if {'network_image_height', 'network_image_width'} <= set(manifest.encode):
        return dict(manifest.encode)
    with open_backend(manifest.model_file(), backend='onnxruntime', threads=1) as network:
        return {**_shown(network.inputs[0]), **manifest.encode}


def decode_defaults(manifest: Manifest) -> dict[str, Any]:
    """Return what a model says of its output."""
    known = {'class_names': manifest.labels, 'color_palette': manifest.palette}
    return {**known, **manifest.decode}


def split_settings(chosen: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split settings into those of `EncodeConfig` and those of `DecodeConfig`."""
    parts = [settings_of(EncodeConfig), settings_of(DecodeConfig)]
    unknown = sorted(name for name in chosen if not any(name in part for part in parts))
    if unknown:
        known = ', '.join(sorted({*parts[0], *parts[1]}))
        raise ConfigError(f'unknown setting {", ".join(unknown)}; known are {known}')
    before, after = ({k: v for k, v in chosen.items() if k in part} for part in parts)
    return before, after


def _shown(spec: TensorSpec) -> dict[str, Any]:
    """Return the settings that the input tensor shows: layout, size, colours, element type."""
    if len(spec.shape) != 4:
        raise ModelError(
            f'the model takes {spec}; an image tensor has four axes (NCHW or NHWC). '
            'This family cannot run it'
        )
    planar = spec.shape[1] in _CHANNELS and spec.shape[3] not in _CHANNELS
    layout = 'NCHW' if planar or spec.shape[3] not in _CHANNELS else 'NHWC'
    axes = (1, 2, 3) if layout == 'NCHW' else (3, 1, 2)
    channels, height, width = (spec.shape[axis] for axis in axes)
    shown: dict[str, Any] = {'tensor_name': spec.name, 'tensor_layout': layout}
    if isinstance(channels, int):
        if channels not in _CHANNELS:
            raise ModelError(f'the model takes {spec}; images have 1 or 3 channels')
        shown['color_order'] = _CHANNELS[channels]
    if isinstance(height, int) and isinstance(width, int):
        shown['network_image_height'], shown['network_image_width'] = height, width
    if spec.dtype.name not in ('float32', 'float16', 'uint8'):
        raise ModelError(f'the model takes {spec}; float32, float16 and uint8 can be made')
    shown['tensor_dtype'] = spec.dtype.name
    return shown
