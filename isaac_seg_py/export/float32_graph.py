"""
Take 64-bit floating point out of a network.

PyTorch's exporter computes what follows from sizes, such as sampling grids, in float64, which
neither TensorRT nor some operators of ONNX Runtime have. Images need no such precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .libraries import library


def without_float64(path: Path) -> None:
    """Rewrite an ONNX file with float32 where it has float64."""
    onnx = library('onnx')
    model = onnx.load(str(path))
    _graph(onnx, model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _graph(onnx: Any, graph: Any) -> None:
    float32, float64 = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    for tensor in graph.initializer:
        _tensor(onnx, tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type == float64:
            value.type.tensor_type.elem_type = float32
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _tensor(onnx, attribute.t)
            elif attribute.type == onnx.AttributeProto.GRAPH:
                _graph(onnx, attribute.g)
            elif node.op_type == 'Cast' and attribute.name == 'to' and attribute.i == float64:
                attribute.i = float32


def _tensor(onnx: Any, tensor: Any) -> None:
    if tensor.data_type == onnx.TensorProto.DOUBLE:
        values = onnx.numpy_helper.to_array(tensor).astype('float32')
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
