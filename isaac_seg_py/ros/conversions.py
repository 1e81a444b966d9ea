"""Messages to values and back, both ways without copying where the layout allows."""

from __future__ import annotations

import math
from typing import Any, Final

from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from .fast_data import set_data
from .wire import Wire
from ..encode.compressed import decode_compressed
from ..errors import TensorError
from ..geometry import View
from ..image_messages import image_fields, image_from_message
from ..images import RawImage
from ..tensors import Tensors

# A view rides along as one more tensor of this name: what looks tensors up by name never sees it.
VIEW_TENSOR: Final = 'isaac_seg_view'
_CODES: Final = {
    1: 'int8', 2: 'uint8', 3: 'int16', 4: 'uint16', 5: 'int32',
    6: 'uint32', 7: 'int64', 8: 'uint64', 9: 'float32', 10: 'float64',
}  # fmt: skip
# As many as numpy had for long; networks use five at most.
_MOST_AXES: Final = 32
_CODE_OF: Final = {name: code for code, name in _CODES.items()}


def image_to_message(header: Header, image: RawImage) -> Image:
    """Return an Image message of the pixels."""
    message = Image(header=header, **image_fields(image))
    set_data(message, image.data)
    return message


def image_from_compressed(message: CompressedImage) -> RawImage:
    """Return the pixels of a JPEG or PNG message."""
    return decode_compressed(message.data, message.format)


def tensors_to_message(header: Header, tensors: Tensors) -> TensorList:
    """Return a TensorList message; the view, where there is one, is its last tensor."""
    message = TensorList(header=header)
    named = tensors.on_host()
    if tensors.view is not None:
        named[VIEW_TENSOR] = tensors.view.to_array()
    message.tensors = [_tensor_to_message(name, array) for name, array in named.items()]
    return message


def tensors_from_message(message: TensorList) -> Tensors:
    """View a TensorList message as arrays; raise TensorError where sizes do not fit together."""
    named: dict[str, npt.NDArray[Any]] = {}
    for position, tensor in enumerate(message.tensors):
        name = tensor.name or f'tensor_{position}'
        if name in named:
            raise TensorError(f'two tensors are named {name!r}; names in a list must differ')
        named[name] = _tensor_from_message(tensor)
    if not named:
        raise TensorError('the tensor list is empty; at least one tensor was expected')
    view = named.pop(VIEW_TENSOR, None)
    return Tensors(named, None if view is None else View.from_array(view))


def _tensor_to_message(name: str, array: npt.NDArray[Any]) -> Tensor:
    code = _CODE_OF.get(array.dtype.name)
    if code is None:
        raise TensorError(
            f'tensor {name!r} is {array.dtype}, which a TensorList message cannot carry; nodes of '
            'one process can hand it over, others need float32'
        )
    array = np.ascontiguousarray(array)
    shape = TensorShape(rank=array.ndim, dims=array.shape)
    message = Tensor(name=name, shape=shape, data_type=code, strides=array.strides)
    set_data(message, array)
    return message


def _tensor_from_message(message: Tensor) -> npt.NDArray[Any]:
    name = message.name
    if message.data_type not in _CODES:
        raise TensorError(
            f'tensor {name!r} has data_type {message.data_type}; expected 1 (int8) to 10 (float64)'
        )
    dtype = np.dtype(_CODES[message.data_type])
    shape = tuple(int(dim) for dim in message.shape.dims)
    if message.shape.rank != len(shape) or len(shape) > _MOST_AXES:
        raise TensorError(
            f'tensor {name!r} has rank {message.shape.rank} and {len(shape)} dims; they must '
            f'agree, and {_MOST_AXES} are the most'
        )
    flat = np.frombuffer(message.data, np.uint8)
    packed = _packed_strides(shape, dtype.itemsize)
    strides = tuple(int(stride) for stride in message.strides) or packed
    if len(strides) != len(shape):
        raise TensorError(
            f'tensor {name!r} has {len(shape)} dims and {len(strides)} strides; '
            'as many strides as dims, or none, were expected'
        )
    if any(stride % dtype.itemsize for stride in strides):
        raise TensorError(
            f'tensor {name!r} has strides {list(strides)}; multiples of {dtype.itemsize}, the '
            f'bytes of {dtype}, are expected'
        )
    if strides == packed:
        needed = math.prod(shape) * dtype.itemsize
    else:
        reach = sum((dim - 1) * stride for dim, stride in zip(shape, strides, strict=True))
        needed = reach + dtype.itemsize if math.prod(shape) else 0
    # Strides that repeat data would let a few bytes stand for gigabytes.
    whole = math.prod(shape) * dtype.itemsize
    if not whole or max(needed, whole) > flat.size or (strides == packed and whole < flat.size):
        raise TensorError(
            f'tensor {name!r} has {flat.size} bytes of data; {dtype} {list(shape)} with strides '
            f'{list(strides)} needs {max(needed, whole)}, and no dim may be 0'
        )
    return np.ndarray(shape, dtype, flat, 0, strides)


def _packed_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    strides = [itemsize]
    for dim in reversed(shape[1:]):
        strides.insert(0, strides[0] * dim)
    return tuple(strides) if shape else ()


def _compressed_to_message(header: Header, image: RawImage) -> CompressedImage:
    raise TensorError('compressed images are only received; publish sensor_msgs/Image instead')


IMAGE: Final = Wire(Image, image_to_message, image_from_message)
COMPRESSED: Final = Wire(CompressedImage, _compressed_to_message, image_from_compressed)
TENSORS_ALONE: Final = Wire(
    TensorList,
    lambda header, tensors: tensors_to_message(header, Tensors(tensors.arrays)),
    tensors_from_message,
)
TENSORS: Final = Wire(TensorList, tensors_to_message, tensors_from_message)
INFO: Final[Wire[CameraInfo]] = Wire(
    CameraInfo, lambda header, info: info, lambda message: message
)
