"""
Try a network in halves where nothing computes in them.

ONNX Runtime on the CPU has no operators for bfloat16, and goes from operator to operator in
float32 where the file says float16, so that nothing overflows. Here each operator computes in
float32 and what it gives is rounded, as on a GPU that adds up in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path
import tempfile
from typing import Any, Final

from .libraries import library

_END: Final = '_rounded'


@contextlib.contextmanager
def computable(path: Path, precision: str) -> Iterator[Path]:
    """Give a file that the CPU runs with the numbers of a precision: the file itself in fp32."""
    if precision == 'fp32':
        yield path
        return
    onnx = library('onnx')
    model = onnx.load(str(path))
    round_between(onnx, model, _element(onnx, precision))
    with tempfile.TemporaryDirectory(prefix='isaac_seg_') as folder:
        rounded = Path(folder) / path.name
        onnx.save(model, str(rounded))
        yield rounded


def round_between(onnx: Any, model: Any, low: int) -> None:
    """Change a model in place: float32 in place of an element type, and rounded at each step."""
    from ..infer.onnx_types import element_types, opset_of

    _Rounder(onnx, element_types, opset_of(model), low).rewrite(model.graph, None)


def _element(onnx: Any, precision: str) -> int:
    kinds = onnx.TensorProto
    return int({'fp16': kinds.FLOAT16, 'bf16': kinds.BFLOAT16}[precision])


class _Rounder:
    def __init__(self, onnx: Any, element_types: Any, opset: int, low: int) -> None:
        self._onnx, self._types, self._opset = onnx, element_types, opset
        self._low, self._full = low, onnx.TensorProto.FLOAT

    def rewrite(self, graph: Any, around: Any) -> None:
        types = self._types(graph, self._opset, around)
        for tensor in graph.initializer:
            self._widen(tensor)
        for value in (*graph.input, *graph.output, *graph.value_info):
            kind = value.type.tensor_type
            if kind.elem_type == self._low:
                kind.elem_type = self._full
        nodes = []
        for node in graph.node:
            low = [name for name in node.output if types.get(name) == self._low]
            for attribute in node.attribute:
                if attribute.type == self._onnx.AttributeProto.GRAPH:
                    self.rewrite(attribute.g, types)
                elif attribute.type == self._onnx.AttributeProto.TENSOR:
                    self._widen(attribute.t)
                elif node.op_type == 'Cast' and attribute.i == self._low:
                    attribute.i = self._full
            nodes.append(node)
            for index, name in enumerate(node.output):
                if name in low:
                    node.output[index] = f'{name}{_END}_not'
                    nodes += self._round(node.output[index], name)
        del graph.node[:]
        graph.node.extend(nodes)

    def _round(self, given: str, name: str) -> list[Any]:
        make, between = self._onnx.helper.make_node, f'{name}{_END}'
        return [
            make('Cast', [given], [between], to=self._low),
            make('Cast', [between], [name], to=self._full),
        ]

    def _widen(self, tensor: Any) -> None:
        if tensor.data_type == self._low:
            values = self._onnx.numpy_helper.to_array(tensor).astype('float32')
            tensor.CopyFrom(self._onnx.numpy_helper.from_array(values, tensor.name))
