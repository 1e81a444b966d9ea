"""Segment Anything as one network, as Isaac ROS's chain of nodes runs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .sam import SAM
from .sam_engine import part_settings
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..errors import ModelError
from ..infer.graph_cache import made_once
from ..infer.onnx_files import model_digest
from ..infer_config import InferConfig

_FORMAT: Final = 1
_PARTS: Final = ('encoder', 'decoder')
_SIZE, _LARGE = 'orig_im_size', 'masks'


def has_two_parts(manifest: Manifest) -> bool:
    """Say whether a model is an encoder and a decoder, which can be joined."""
    return manifest.family == SAM.name and set(manifest.parts) == set(_PARTS)


def single_network(manifest: Manifest, *, sizes: bool) -> bytes:
    """
    Return the one network that the two of a model make, as an ONNX file.

    Without `sizes` it gives no masks of the image's size, which TensorRT cannot make.
    """
    from .sam_join import joined

    if 'prompt_frame' in manifest.decode:
        raise ModelError(
            f'the prompts of {manifest.name} count in a frame of their own (prompt_frame), and '
            'those of the single network in its canvas; the graph segment_anything runs it'
        )
    encoder, decoder = (manifest.model_file(part) for part in _PARTS)
    return joined(encoder, decoder, manifest.name, sizes=sizes)


def as_one_network(config: InferConfig) -> InferConfig:
    """
    Return the settings with which a model of two parts runs as one network; others stay.

    Masks of the image's size are made only where they are asked for by name. Without them Isaac
    ROS's names of the inputs do all the same.
    """
    manifest = find_manifest(config.model)
    if not has_two_parts(manifest):
        return config
    sizes = _LARGE in config.output_binding_names
    digests = ' '.join(model_digest(manifest.model_file(part)) for part in _PARTS)
    file = made_once(
        'joined',
        manifest.name,
        f'{_FORMAT} {digests} {sizes}',
        lambda: single_network(manifest, sizes=sizes),
    )
    if not sizes:
        config = _without_size(config)
    told = {'backend': config.backend, 'engine_shapes': config.engine_shapes}
    shapes = part_settings('', file, told, config.max_batch_size)['engine_shapes']
    # Its masks are products of large numbers, which float16 has no room for.
    precision = config.precision or 'tf32'
    return replace(
        config, model='', model_file_path=str(file), engine_shapes=shapes, precision=precision
    )


def _without_size(config: InferConfig) -> InferConfig:
    """Return the settings without the input that only masks of the image's size need."""
    pairs = [
        (tensor, binding)
        for tensor, binding in zip(
            config.input_tensor_names, config.input_binding_names, strict=False
        )
        if binding != _SIZE
    ]
    if not pairs:
        return config
    tensors, bindings = zip(*pairs, strict=True)
    return replace(config, input_tensor_names=tensors, input_binding_names=bindings)
