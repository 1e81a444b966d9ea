"""What an ONNX file tells of itself without being run: layers, element types, memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
import math
from pathlib import Path
from typing import Any

import onnx
from onnx import GraphProto, TensorProto, ValueInfoProto

from .onnx_types import element_types, opset_of
from ..errors import ModelError


def onnx_facts(model: Path) -> dict[str, Any]:
    """
    Return what an ONNX file tells of itself.

    `weights_bytes` are the weights as they stand in the file; `activation_bytes`, None where a
    shape is free, are the tensors that are needed at the same time, if each is kept until it was
    last read and no two layers become one. A library needs its own memory on top, and may need
    less for tensors.
    """
    try:
        loaded = onnx.load(str(model), load_external_data=False)
        inferred = onnx.shape_inference.infer_shapes(loaded, data_prop=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f'{str(model)!r} cannot be read as an ONNX model: {reason}. The file may be damaged: '
            'download or export it again'
        ) from error
    graph = inferred.graph
    opset = opset_of(inferred)
    types = element_types(graph, opset)
    written = Counter(_type_name(types.get(n.output[0], 0)) for n in graph.node if n.output)
    return {
        'opset': opset,
        'layers': len(graph.node),
        'operators': dict(Counter(node.op_type for node in graph.node).most_common()),
        'layers_by_type': dict(written.most_common()),
        'weights_bytes': sum(map(_tensor_bytes, graph.initializer)),
        'activation_bytes': _most_at_once(graph),
    }


def _most_at_once(graph: GraphProto) -> int | None:
    """Return the bytes of the tensors that are there at the same time, at most."""
    values = (*graph.input, *graph.value_info, *graph.output)
    sizes = {value.name: _value_bytes(value) for value in values}
    weights = {tensor.name for tensor in graph.initializer}
    last_read = {name: i for i, node in enumerate(graph.node) for name in node.input}
    last_read |= dict.fromkeys((value.name for value in graph.output), len(graph.node))
    alive = {value.name for value in graph.input} - weights
    most = 0
    for index, node in enumerate(graph.node):
        alive.update(name for name in node.output if name)
        if any(sizes.get(name) is None for name in alive):
            return None
        most = max(most, sum(sizes[name] or 0 for name in alive))
        alive = {name for name in alive if last_read.get(name, -1) > index}
    return most


def _value_bytes(value: ValueInfoProto) -> int | None:
    kind = value.type.tensor_type
    if not kind.HasField('shape') or any(not dim.HasField('dim_value') for dim in kind.shape.dim):
        return None
    return _bytes([dim.dim_value for dim in kind.shape.dim], kind.elem_type)


def _tensor_bytes(tensor: TensorProto) -> int:
    return _bytes(tensor.dims, tensor.data_type)


def _bytes(dims: Iterable[int], element: int) -> int:
    return math.ceil(math.prod(map(int, dims)) * _bits(element) / 8)


def _bits(element: int) -> int:
    name = _type_name(element)
    if name in ('int4', 'uint4', 'float4e2m1'):
        return 4
    if name.startswith('float8'):
        return 8
    if name == 'bfloat16':
        return 16
    return int(onnx.helper.tensor_dtype_to_np_dtype(element).itemsize) * 8 if element else 0


def _type_name(element: int) -> str:
    name = TensorProto.DataType.Name(element).lower() if element else 'unknown'
    return 'float32' if name == 'float' else name
