"""An ONNX graph that is being changed: names stay unique, inputs and outputs keep theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from onnx import helper, numpy_helper, TensorProto

from .fuse_softmax import softmax_input
from .onnx_types import attribute, opset_of, subgraphs
from ..errors import ModelError
from ..tensors import describe, Dim

_FLOATS: Final = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)


@dataclass
class Tensor:
    """An input or output: name, element type, and axes of which some may have no size."""

    name: str
    kind: int
    dims: list[Dim]

    @property
    def is_float(self) -> bool:
        """Say whether it holds floating-point numbers."""
        return self.kind in _FLOATS

    def __str__(self) -> str:
        """Show it as `image FLOAT [1, 3, 240, 320]`."""
        return f'{self.name} {TensorProto.DataType.Name(self.kind)} {describe(tuple(self.dims))}'


class Graph:
    """The graph of a model, with what fusing needs to do to it."""

    FLOAT: Final = TensorProto.FLOAT
    UINT8: Final = TensorProto.UINT8
    INT32: Final = TensorProto.INT32

    def __init__(self, model: Any) -> None:
        """Take a model; it is changed in place."""
        self._graph = model.graph
        self.opset = opset_of(model)
        self._names = set(all_names(model.graph))
        self._added: list[Any] = []

    def inputs(self) -> list[Tensor]:
        """Return the inputs that are not weights."""
        weights = {tensor.name for tensor in self._graph.initializer}
        return [_tensor(value) for value in self._graph.input if value.name not in weights]

    def output(self, name: str) -> Tensor:
        """Return an output."""
        for value in self._graph.output:
            if value.name == name:
                return _tensor(value)
        known = ', '.join(value.name for value in self._graph.output)
        raise ModelError(f'the model has no output {name}; it has {known}')

    def rename(self, name: str) -> str:
        """Give a tensor of the graph another name, so that its own is free; return the new one."""
        new = self._unique(name)
        _replace(self._graph, name, new)
        kept = [value for value in self._graph.value_info if value.name != name]
        del self._graph.value_info[:]
        self._graph.value_info.extend(kept)
        return new

    def add(self, kind: str, inputs: Sequence[str], *, output: str = '', **attributes: Any) -> str:
        """Make a node and return its output; `put_before` or `put_behind` gives it its place."""
        output = output or self._unique(kind.lower())
        name = self._unique(kind)
        self._added.append(helper.make_node(kind, list(inputs), [output], name=name, **attributes))
        return output

    def floats(self, name: str, values: Sequence[float], shape: tuple[int, ...]) -> str:
        """Add float32 constants and return their name."""
        return self._constant(name, np.array(values, np.float32).reshape(shape))

    def numbers(self, name: str, values: Sequence[int]) -> str:
        """Add whole numbers and return their name."""
        return self._constant(name, np.array(values, np.int64))

    def put_before(self, changed: Tensor, kind: int) -> None:
        """Put the nodes made before all others, and give the input its new form."""
        rest = list(self._graph.node)
        del self._graph.node[:]
        self._graph.node.extend([*self._added, *rest])
        self._added.clear()
        _reform(self._graph.input, changed, kind)

    def put_behind(self, changed: Tensor, kind: int) -> None:
        """Put the nodes made behind all others, and give the output its new form."""
        self._graph.node.extend(self._added)
        self._added.clear()
        _reform(self._graph.output, changed, kind)
        self._drop_unused()

    def winner_source(self, tensor: str, axis: int, rank: int) -> tuple[str, int]:
        """
        Return a tensor with the same winner on an axis, as early as it can be had.

        A softmax along the axis changes no order, and what turns the axes only moves the axis.
        """
        makers = {name: node for node in self._graph.node for name in node.output}
        weights = {tensor.name: tensor for tensor in self._graph.initializer}
        weights |= {
            node.output[0]: attribute(node, 'value').t
            for node in self._graph.node
            if node.op_type == 'Constant' and attribute(node, 'value') is not None
        }
        while (node := makers.get(tensor)) is not None:
            if node.op_type == 'Transpose':
                perm = list(getattr(attribute(node, 'perm'), 'ints', []))
                others = [source for place, source in enumerate(perm) if place != axis]
                if not perm or others != sorted(others):
                    break
                axis = perm[axis]
            elif source := softmax_input(node, makers, weights, self.opset, (axis, axis - rank)):
                tensor = source
                continue
            elif node.op_type != 'Identity' and not self._widens(node):
                break
            tensor = node.input[0]
        return tensor, axis

    def arranged(self, tensor: str, axis: int, wanted: int, rank: int) -> str:
        """Move an axis of length 1 to where it is wanted; the order of the others stays."""
        if axis == wanted:
            return tensor
        order = [place for place in range(rank) if place != axis]
        order.insert(wanted, axis)
        return self.add('Transpose', [tensor], perm=order)

    def _widens(self, node: Any) -> bool:
        return bool(node.op_type == 'Cast' and attribute(node, 'to').i == self.FLOAT)

    def _drop_unused(self) -> None:
        """Take away nodes whose results nobody reads any more."""
        wanted = {value.name for value in self._graph.output}
        for place in reversed(range(len(self._graph.node))):
            node = self._graph.node[place]
            if wanted.isdisjoint(node.output):
                del self._graph.node[place]
            else:
                wanted.update(node.input)
                for inner in subgraphs(node):
                    wanted.update(all_names(inner))

    def _constant(self, name: str, values: Any) -> str:
        name = self._unique(name)
        self._graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def _unique(self, name: str) -> str:
        """Return a name that nothing in the graph has."""
        number = 0
        new = f'fused/{name}'
        while new in self._names:
            number += 1
            new = f'fused/{name}_{number}'
        self._names.add(new)
        return new


def _tensor(value: Any) -> Tensor:
    kind = value.type.tensor_type
    dims: list[Dim] = [
        dim.dim_value if dim.HasField('dim_value') else (dim.dim_param or None)
        for dim in kind.shape.dim
    ]
    return Tensor(value.name, kind.elem_type, dims)


def _reform(values: Any, changed: Tensor, kind: int) -> None:
    for value in values:
        if value.name == changed.name:
            value.CopyFrom(helper.make_tensor_value_info(changed.name, kind, changed.dims))


def _replace(graph: Any, old: str, new: str) -> None:
    """Rename a tensor wherever nodes make or read it, in graphs within the graph as well."""
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == old:
                    names[place] = new
        for inner in subgraphs(node):
            _replace(inner, old, new)
            for value in inner.output:
                if value.name == old:
                    value.name = new


def all_names(graph: Any) -> Iterator[str]:
    """Return the name of everything in a graph and in the graphs within."""
    for values in (graph.input, graph.output, graph.initializer, graph.value_info):
        yield from (value.name for value in values)
    for node in graph.node:
        yield node.name
        yield from node.input
        yield from node.output
        for inner in subgraphs(node):
            yield from all_names(inner)
