"""Which of a network's surroundings can be folded into it, and the settings that remain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from .assumed import tell_assumed
from .contract import decode_config, encode_config, encode_defaults, peek
from .sam import SAM
from .table import find_family
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..config import DecodeConfig, EncodeConfig, MaskConfig
from ..decode.layout import find_layout
from ..encode.normalize import Normalizer
from ..errors import ConfigError, ModelError, TensorError
from ..geometry import View
from ..infer.fuse import fused_file, Head, Tail
from ..infer_config import InferConfig
from ..tensors import TensorSpec

_SCORES: Final = ('auto', 'softmax', 'logits')
_NORMALIZATION: Final = ('image_mean', 'image_stddev', 'net_scale_factor', 'offsets')
_ANY_SIZE: Final = 1 << 10


@dataclass(frozen=True)
class Fused:
    """A network's file with what could be folded in, and what is left to encoder and decoder."""

    file: Path
    encode: EncodeConfig
    decode: MaskConfig
    notes: tuple[str, ...]
    """Why something could not be folded in."""


def fuse(
    manifest: Manifest, encode: EncodeConfig, decode: MaskConfig, *, with_output: bool
) -> Fused:
    """
    Fold the normalisation, and where asked for the choice of the highest class, into a network.

    The classes stay what they were where `outputs_agree`, but for ties within the rounding of a
    softmax. Scores that are not numbers are seen no more once the classes are chosen.
    """
    file = manifest.model_file()
    notes = []
    obstacle = head_obstacle(encode)
    if obstacle:
        notes.append(f'the normalisation is not folded in: {obstacle}')
    head = None if obstacle else _head(encode)
    tail = None
    if with_output:
        try:
            tail = _tail(manifest, encode, decode)
        except ModelError as error:
            notes.append(f'the highest class is not folded in: {error}')
    argmax: Mapping[str, Any] = {'network_output_type': 'argmax'} if tail else {}
    return Fused(
        file=fused_file(file, head, tail),
        encode=replace(encode, **_left(encode)) if head else encode,
        decode=replace(decode, **argmax),
        notes=tuple(notes),
    )


def fuse_configured(config: InferConfig) -> Fused:
    """Fold what an inference node is told to into its network."""
    if not config.model:
        raise ConfigError(
            'fuse is true, but no model is given: its manifest says how pixels are normalised. '
            'Set model in place of model_file_path'
        )
    manifest = find_manifest(config.model)
    if config.output_binding_names:
        manifest = replace(manifest, output_name=config.output_binding_names[0])
    with peek(manifest) as network:
        family = find_family(manifest, network.inputs, network.outputs)
        encode = encode_config(manifest, family, network.inputs[0])
    tell_assumed(manifest, encode)
    decode = decode_config(manifest, family)
    return fuse(manifest, encode, decode, with_output=config.fuse_output)


def encoder_defaults(model: str, *, fused: bool = False) -> dict[str, Any]:
    """Return what a model says of its input, or what of that is left once it is fused."""
    if not model:
        if fused:
            raise ConfigError(
                'fuse is true, but no model is given; set model, or set tensor_dtype to uint8 and '
                'tensor_layout to NHWC by hand'
            )
        return {}
    manifest = find_manifest(model)
    # Its image is as that of any other; only its prompts have stages of their own.
    shown = manifest.family == SAM.name
    found = {**SAM.encode, **manifest.encode} if shown else encode_defaults(manifest)
    encode = EncodeConfig(**found)
    return found if not fused or head_obstacle(encode) else {**found, **_left(encode)}


def outputs_agree(decode: MaskConfig) -> bool:
    """Say whether the classes are the same when the highest is chosen before the decoder."""
    return decode.filter_mode == 'point' or decode.mask_frame == 'network'


def head_obstacle(encode: EncodeConfig) -> str:
    """Return why the normalisation cannot be folded in, empty where it can."""
    if encode.tensor_dtype == 'uint8':
        return 'the network takes uint8 already'
    if encode.pad_after_normalization:
        return 'padding comes after it (pad_after_normalization)'
    if encode.padding_value != round(encode.padding_value):
        return f'padding_value is {encode.padding_value}, and uint8 has whole numbers'
    return ''


def _head(encode: EncodeConfig) -> Head:
    normalizer = Normalizer(encode)
    return Head(
        planar=encode.tensor_layout == 'NCHW',
        swap=encode.color_order == 'bgr',
        scale=tuple(map(float, normalizer.scale)),
        bias=tuple(map(float, normalizer.bias)),
    )


def _left(encode: EncodeConfig) -> Mapping[str, Any]:
    """Return the settings that an encoder has once the normalisation is folded in."""
    plain = {item.name: item.default for item in fields(encode) if item.name in _NORMALIZATION}
    color = 'gray' if encode.color_order == 'gray' else 'rgb'
    return {**plain, 'tensor_dtype': 'uint8', 'tensor_layout': 'NHWC', 'color_order': color}


def _tail(manifest: Manifest, encode: EncodeConfig, decode: MaskConfig) -> Tail:
    """Return what to fold behind; raise ModelError where nothing can be."""
    if not isinstance(decode, DecodeConfig):
        raise ModelError('the network finds objects, not the class of each pixel')
    if decode.ignore_class:
        raise ModelError('ignore_class needs the second best')
    with peek(manifest) as network:
        known = {spec.name: spec for spec in network.outputs}
    maps = [spec for spec in known.values() if 2 <= len(spec.shape) <= 4] or [*known.values()]
    spec = known.get(decode.output_name, maps[0])
    if spec.dtype.kind != 'f':
        raise ModelError(f'the network gives class ids already, {spec}')
    if decode.network_output_type not in _SCORES:
        raise ModelError(f'the output is of type {decode.network_output_type}')
    axis = _class_axis(spec, encode, decode)
    if spec.shape[axis] == 1:
        raise ModelError(f'the output {spec} has one channel')
    return Tail(spec.name, axis)


def _class_axis(spec: TensorSpec, encode: EncodeConfig, decode: DecodeConfig) -> int:
    """Return the axis of the classes as the decoder will find it."""
    # A free axis is no axis of classes; the canvas has the proportions of any grid.
    canvas = encode.network_size
    free = {axis for axis, dim in enumerate(spec.shape) if not isinstance(dim, int)}
    shape = [dim if isinstance(dim, int) else _ANY_SIZE for dim in spec.shape]
    if free - {0} and decode.data_format == 'auto' and len(spec.shape) == 4:
        rows = (2, 3) if isinstance(spec.shape[1], int) else (1, 2)
        for axis, size in zip(rows, canvas, strict=True):
            shape[axis] = size
    like = np.broadcast_to(np.float32(0), shape)
    try:
        layout = find_layout(like, decode.data_format, View.identity(canvas))
    except TensorError as error:
        raise ModelError(f'{spec}: {error}') from error
    if 'C' not in layout:
        raise ModelError(f'the output {spec} has no axis of classes')
    return layout.index('C')
