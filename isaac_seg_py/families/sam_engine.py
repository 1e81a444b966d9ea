"""What TensorRT needs to know of the parts of Segment Anything, whose prompts have free axes."""

from __future__ import annotations

from collections.abc import Mapping
import importlib.util
from pathlib import Path
from typing import Any, Final

from .onnx_inputs import input_sizes
from ..errors import ModelError

# Tokens of one prompt in an engine: points, a box's two corners, or what means nothing.
_USUAL_TOKENS: Final = 2
_MOST_TOKENS: Final = 16
_TOKENS: Final = ('point_coords', 'point_labels')
_PROMPTS: Final = (*_TOKENS, 'mask_input', 'has_mask_input')
_SIZE: Final = 'orig_im_size'
_DECODER: Final = 'decoder'


def part_settings(part: str, file: Path, infer: Mapping[str, Any], most: int) -> dict[str, Any]:
    """
    Return the settings of `InferConfig` for one part; `most` objects go through at once.

    `engine_shapes` that are given go to the part which has the input, and are made for a decoder
    where they are not. A decoder stays float32 unless a precision is asked for: it is small, and
    its masks are products of large numbers.
    """
    settings = dict(infer)
    if part == _DECODER and not {'precision', 'enable_fp16'} & set(infer):
        settings['precision'] = 'fp32'
    if not _may_be_tensorrt(str(infer.get('backend', 'auto')), file):
        return settings
    given = {text.rpartition('=')[0]: text for text in infer.get('engine_shapes', ())}
    inputs = input_sizes(file)
    if _SIZE in inputs and settings.get('backend') in ('tensorrt', 'tensorrt-rtx'):
        raise ModelError(
            f'{str(file)!r} takes the size of the image ({_SIZE}), which TensorRT cannot read; '
            f'isaac-seg export {file.name} writes a file without it, which gives the same masks'
        )
    made = {
        name: f'{name}={_shapes(name, dims, most)}'
        for name, dims in inputs.items()
        if name in _PROMPTS and not all(dims)
    }
    # What is of no part of several is of the other one, or a mistake without a name.
    shapes = tuple(
        text for name, text in {**made, **given}.items() if name in inputs or not (part and name)
    )
    return {**settings, 'engine_shapes': shapes}


def _may_be_tensorrt(backend: str, file: Path) -> bool:
    names = ['tensorrt', 'tensorrt_rtx'] if backend == 'auto' else [backend.replace('-', '_')]
    installed = any(
        name.startswith('tensorrt') and importlib.util.find_spec(name) is not None
        for name in names
    )
    return file.suffix == '.onnx' and installed and importlib.util.find_spec('onnx') is not None


def _shapes(name: str, dims: list[int], most: int) -> str:
    """Return smallest, usual and largest shape: objects are the first axis, tokens the second."""
    smallest, usual, largest = ([size or 1 for size in dims] for _ in range(3))
    if dims[0] == 0:
        largest[0] = most
    if name in _TOKENS and dims[1] == 0:
        usual[1], largest[1] = _USUAL_TOKENS, _MOST_TOKENS
    return ':'.join('x'.join(map(str, shape)) for shape in (smallest, usual, largest))
