"""Let a network give what is between its layers, to find where two of them part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, TensorProto

from .onnx_types import element_types, opset_of

_HALF_RANGE: Final = 65504.0
_LARGEST_FILE: Final = 2_000_000_000
_FLOATS: Final = (TensorProto.FLOAT, TensorProto.FLOAT16)


@dataclass(frozen=True)
class Layer:
    """A node of the network and the tensor that it writes."""

    tensor: str
    operator: str
    name: str


def expose_layers(model: Path, target: Path) -> list[Layer]:
    """Write a model whose float tensors are all outputs; return its layers in their order."""
    loaded = onnx.load(str(model))
    graph = loaded.graph
    types = element_types(graph, opset_of(loaded))
    results = {value.name for value in graph.output}
    layers = []
    for node in graph.node:
        for name in node.output:
            if types.get(name) not in _FLOATS or node.op_type == 'Constant':
                continue
            layers.append(Layer(name, node.op_type, node.name))
            if name not in results:
                graph.output.append(helper.make_tensor_value_info(name, types[name], None))
    large = loaded.ByteSize() > _LARGEST_FILE
    onnx.save(loaded, str(target), save_as_external_data=large)
    return layers


def relative_difference(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """
    Return the largest difference as a part of the largest number.

    Numbers beyond the range of a half count as its end, so that a mask of -1e9 is one of -65504.
    """
    if left.shape != right.shape:
        return float('inf')
    pair = [np.clip(side.astype(np.float64), -_HALF_RANGE, _HALF_RANGE) for side in (left, right)]
    if not pair[0].size:
        return 0.0
    undefined = [np.isnan(side) for side in pair]
    if (undefined[0] != undefined[1]).any():
        return float('inf')
    a, b = (np.where(undefined[0], 0, side) for side in pair)
    largest = max(float(np.abs(a).max()), 1e-6)
    return float(np.abs(a - b).max()) / largest
