"""The shapes that may come to a part of Segment Anything 2, for TensorRT."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..errors import ModelError
from ..track_config import TrackConfig

# More clicks than these on one object in one frame are refused.
MAX_TOKENS: Final = 32
_MASK_SIDES: Final = (16, 256, 2048)


def free_shapes(model: Path, config: TrackConfig) -> tuple[str, ...]:
    """
    Return smallest, usual and largest shape of each input with free axes, as TensorRT wants them.

    Where the package onnx is missing there is no TensorRT either, and nothing to say.
    """
    try:
        import onnx
    except ImportError:
        return ()
    try:
        graph = onnx.load(str(model), load_external_data=False).graph
    except Exception as error:
        raise ModelError(
            f'{str(model)!r} is no ONNX model: {str(error).splitlines()[0]}. The file may be '
            'damaged: export it again'
        ) from error
    found = []
    for tensor in graph.input:
        dims = [
            dim.dim_value if dim.HasField('dim_value') else None
            for dim in tensor.type.tensor_type.shape.dim
        ]
        free = [axis for axis, dim in enumerate(dims) if dim is None]
        if not free:
            continue
        ranges = [
            (dim,) * 3 if dim is not None else _range(tensor.name, axis, config)
            for axis, dim in enumerate(dims)
        ]
        shapes = ['x'.join(str(sizes[which]) for sizes in ranges) for which in range(3)]
        found.append(f'{tensor.name}={":".join(shapes)}')
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
