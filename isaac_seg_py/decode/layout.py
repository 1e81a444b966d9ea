"""Which axis of an output is which."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import TensorError
from ..geometry import Size, View
from ..tensors import Tensors

Array = npt.NDArray[Any]

GRID_STRIDE: Final = 4
"""Canvas pixels to a cell of the masks that networks of objects give."""
_RANKS: Final = {'NCHW': 4, 'NHWC': 4, 'CHW': 3, 'HWC': 3, 'NHW': 3, 'HW': 2}


def map_of(outputs: Tensors, name: str = '') -> Array:
    """Return the tensor of that name, or else the first that may be a map of classes."""
    if name:
        return outputs.pick(name)
    for array in outputs.on_host().values():
        if 2 <= array.ndim <= 4:
            return array
    shapes = ', '.join(f'{name} {list(outputs[name].shape)}' for name in outputs)
    raise TensorError(f'no output has 2 to 4 axes: {shapes or "none came"}')


def first_of(outputs: Tensors, name: str, axes: int, what: str) -> Array:
    """
    Return the first image's part of a tensor of floats with so many axes.

    It is the one of that name, or else the only one with so many axes.
    """
    fitting = [n for n in outputs if outputs.arrays[n].ndim == axes]
    if name in fitting:
        fitting = [name]
    if len(fitting) != 1:
        shapes = ', '.join(f'{n} {list(outputs.arrays[n].shape)}' for n in outputs)
        raise TensorError(
            f'the outputs are {shapes or "none"}; {what} are {name!r}, or the only output of '
            f'{axes} axes. Set boxes_output and masks_output'
        )
    array = outputs[fitting[0]]
    if array.dtype.kind != 'f' or 0 in array.shape:
        raise TensorError(
            f'output {fitting[0]!r} is {array.dtype} of shape {list(array.shape)}; floats are '
            'expected, and no axis may be 0'
        )
    first: Array = array[0]
    return first


def find_layout(array: Array, data_format: str, view: View | None) -> str:
    """Return the order of the axes: as set, or as the tensor shows."""
    if 0 in array.shape:
        raise TensorError(f'the output has shape {list(array.shape)}; no axis may be 0')
    if data_format != 'auto':
        if _RANKS[data_format] != array.ndim:
            raise TensorError(
                f'the output has shape {list(array.shape)}; data_format {data_format} expects '
                f'{_RANKS[data_format]} axes. Set data_format to auto or to what the model gives'
            )
        return data_format
    if array.ndim == 2:
        return 'HW'
    if array.ndim == 4:
        return 'NCHW' if _channels_first(array.shape[1:], view) else 'NHWC'
    if array.ndim == 3:
        if array.dtype.kind in 'iu':
            return 'HWC' if array.shape[2] == 1 and array.shape[0] > 1 else 'NHW'
        return 'CHW' if _channels_first(array.shape, view) else 'HWC'
    raise TensorError(
        f'the output has shape {list(array.shape)}; a map of classes has 2 to 4 axes. '
        'Name the right output in output_binding_names'
    )


def items_of(array: Array, layout: str) -> int:
    """Return the number of images in an output."""
    return array.shape[0] if layout.startswith('N') else 1


def planes_of(array: Array, layout: str, item: int) -> Array:
    """Return the (C, H, W) planes of one image of an output, as a view."""
    if layout.startswith('N'):
        array, layout = array[item], layout[1:]
    if layout == 'HW':
        return array[np.newaxis]
    return array if layout == 'CHW' else np.moveaxis(array, -1, 0)


def _channels_first(shape: tuple[int, ...], view: View | None) -> bool:
    first, middle, last = shape
    if 1 in (first, last):
        return first == 1
    if view is not None:
        fits = [_same_shape(grid, view.canvas) for grid in ((middle, last), (first, middle))]
        if fits[0] != fits[1]:
            return fits[0]
    if first == last:
        raise TensorError(
            f'the output has shape {list(shape)}, in which classes may be the first axis or the '
            'last; set data_format to NCHW or NHWC'
        )
    # There are fewer classes than pixels in a row.
    return first < last


def _same_shape(grid: Size, canvas: Size) -> bool:
    return grid[0] * canvas[1] == grid[1] * canvas[0]
