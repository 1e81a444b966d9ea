"""The shapes that may come to a part of Segment Anything 2, for TensorRT."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from .onnx_inputs import input_sizes
from ..track_config import TrackConfig

# More clicks than these on one object in one frame are refused.
MAX_TOKENS: Final = 32
_MASK_SIDES: Final = (16, 256, 2048)


def free_shapes(model: Path, config: TrackConfig) -> tuple[str, ...]:
    """
    Return smallest, usual and largest shape of each input with free axes, as TensorRT wants them.

    Where the package onnx is missing there is no TensorRT either, and nothing to say.
    """
    if importlib.util.find_spec('onnx') is None:
        return ()
    found = []
    for name, dims in input_sizes(model).items():
        if all(dims):
            continue
        ranges = [
            (dim,) * 3 if dim else _range(name, axis, config) for axis, dim in enumerate(dims)
        ]
        shapes = ['x'.join(str(sizes[which]) for sizes in ranges) for which in range(3)]
        found.append(f'{name}={":".join(shapes)}')
    return tuple(found)


def _range(name: str, axis: int, config: TrackConfig) -> tuple[int, int, int]:
    """Return the smallest, the usual and the largest size of a free axis of an input."""
    if axis == 0:
        return 1, 1, config.max_num_objects
    if name in ('point_coords', 'point_labels'):
        return 2, 2, MAX_TOKENS
    shown, usual = config.max_cond_frames, 1
    if name in ('memory', 'memory_tpos'):
        recent = config.memory_frames - 1
        return 1, usual + recent, shown + recent
    if name in ('obj_ptrs', 'obj_ptr_tdiff'):
        recent = config.max_pointers - 1
        return 1, usual + recent, shown + recent
    # A mask comes as coarse as the decoder gives it, or as fine as the canvas.
    return _MASK_SIDES
