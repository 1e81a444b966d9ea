"""Float32 numbers as halves: which kinds there are, and what happens at the ends of the range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import numpy_helper, TensorProto

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Half:
    """One of the two 16-bit types: ONNX's number and name for it, and its limits."""

    name: str
    element: int
    onnx_name: str
    largest: float
    smallest: float


FP16: Final = Half('fp16', TensorProto.FLOAT16, 'tensor(float16)', 65504.0, 2.0**-24)
BF16: Final = Half(
    'bf16', TensorProto.BFLOAT16, 'tensor(bfloat16)', 3.3895313892515355e38, 2.0**-133
)
HALVES: Final = {half.name: half for half in (FP16, BF16)}


def exceeds(array: Array, half: Half) -> bool:
    """Say whether a finite number of the array lies beyond the range."""
    finite = array[np.isfinite(array)]
    return bool(finite.size and np.abs(finite).max() > half.largest)


def half_tensor(tensor: TensorProto, name: str, half: Half) -> TensorProto:
    """
    Return a float32 tensor in halves.

    Finite numbers beyond the range become the last one within it, since an infinity would turn a
    mask into not-a-number; a lone number too small to show, such as an epsilon that keeps a
    division from zero, becomes the smallest one.
    """
    array = numpy_helper.to_array(tensor)
    finite = np.isfinite(array)
    array = np.where(finite, np.clip(array, -half.largest, half.largest), array)
    if array.size == 1 and 0 < abs(array.item()) < half.smallest:
        array = np.full_like(array, np.copysign(half.smallest, array.item()))
    result = TensorProto(name=name, data_type=half.element, dims=tensor.dims)
    result.raw_data = _bits(array.astype(np.float32, copy=False), half).tobytes()
    return result


def _bits(array: Array, half: Half) -> Array:
    if half is FP16:
        return array.astype('<f2')
    # The upper half of a float32, rounded to the nearest, to even where two are as near.
    bits = np.ascontiguousarray(array).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(array), 0x7FC0, rounded).astype('<u2')
