"""Read from a network itself what its manifest leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .family import Family
from .table import find_family, named_family
from ..catalog.manifest import Manifest
from ..config import EncodeConfig
from ..errors import ConfigError, ModelError
from ..infer import Backend, open_backend
from ..settings import did_you_mean, from_mapping, settings_of
from ..tensors import TensorSpec

_CHANNELS = {1: 'gray', 3: 'rgb'}
_SIZES = ('network_image_height', 'network_image_width')


def encode_config(
    manifest: Manifest, family: Family, spec: TensorSpec, **chosen: Any
) -> EncodeConfig:
    """
    Return how images are encoded for a network that takes one image.

    `chosen` settings win over the manifest, the manifest over what the tensor shows, and that over
    what the family is used to.
    """
    config = EncodeConfig(**{**family.encode, **_shown(spec), **manifest.encode, **chosen})
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


def free_sizes(manifest: Manifest, family: Family, spec: TensorSpec) -> list[str]:
    """Return the settings of the network's size that neither model nor manifest fixes."""
    known = {**family.encode, **_shown(spec), **manifest.encode}
    return [name for name in _SIZES if not known.get(name)]


def decode_config(manifest: Manifest, family: Family | None = None, **chosen: Any) -> Any:
    """Return how the output is decoded, as the family's config; `chosen` settings win."""
    family = family or family_of(manifest)
    return from_mapping(family.config, {**_said_of_output(manifest, family), **chosen})


def family_of(manifest: Manifest) -> Family:
    """Return the family of a model; its file is read where the manifest does not say."""
    family = named_family(manifest)
    if family is not None:
        return family
    with peek(manifest) as network:
        return find_family(manifest, network.inputs, network.outputs)


def encode_defaults(manifest: Manifest) -> dict[str, Any]:
    """Return what a model says of its input; its file is read where the manifest is silent."""
    family = named_family(manifest)
    if family and {*_SIZES} <= {*manifest.encode}:
        return {**family.encode, **manifest.encode}
    with peek(manifest) as network:
        family = find_family(manifest, network.inputs, network.outputs)
        return {**family.encode, **_shown(network.inputs[0]), **manifest.encode}


def decode_defaults(manifest: Manifest, family: Family | None = None) -> dict[str, Any]:
    """Return what a model says of its output; its file is read where the manifest is silent."""
    return _said_of_output(manifest, family or family_of(manifest))


def split_settings(chosen: Mapping[str, Any], *kinds: type[Any]) -> tuple[dict[str, Any], ...]:
    """Split settings into those of each kind of config; the first that has a name takes it."""
    known = [settings_of(kind) for kind in kinds]
    unknown = sorted(name for name in chosen if not any(name in part for part in known))
    if unknown:
        names = [name for part in known for name, one in part.items() if not one.accepted]
        hint = did_you_mean(unknown[0], names)
        raise ConfigError(
            f'unknown setting {", ".join(unknown)} for this model.{hint} '
            'docs/parameters.md lists all'
        )
    parts: tuple[dict[str, Any], ...] = tuple({} for _ in kinds)
    for name, value in chosen.items():
        next(part for part, has in zip(parts, known, strict=True) if name in has)[name] = value
    return parts


def peek(manifest: Manifest) -> Backend:
    """Open a model only to see its tensors."""
    outputs = (manifest.output_name,) if manifest.output_name else ()
    return open_backend(manifest.model_file(), outputs=outputs, backend='onnxruntime', threads=1)


def _said_of_output(manifest: Manifest, family: Family) -> dict[str, Any]:
    named = {
        'class_names': manifest.labels,
        'color_palette': manifest.palette,
        'class_alphas': manifest.alphas,
        'background_class': manifest.background,
    }
    return {**named, **family.decode, **manifest.decode}


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
    for name, size in zip(_SIZES, (height, width), strict=True):
        if isinstance(size, int):
            shown[name] = size
    if spec.dtype.name not in ('float32', 'float16', 'uint8'):
        raise ModelError(f'the model takes {spec}; float32, float16 and uint8 can be made')
    shown['tensor_dtype'] = spec.dtype.name
    if isinstance(spec.shape[0], int) and spec.shape[0] > 1:
        shown['batch_size'] = spec.shape[0]
    return shown
