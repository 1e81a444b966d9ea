"""What an ONNX graph says of itself, and nodes of it that others take the place of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import helper, ModelProto, NodeProto, numpy_helper, shape_inference, TensorProto

from .fuse_graph import all_names
from .onnx_types import attribute, subgraphs

Array = npt.NDArray[Any]

_FLOATS: Final = {TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16}
# One image, for axes without a size: no side of any scale of it equals another one.
_TRIAL: Final = {'NCHW': (1, 3, 160, 224), 'NHWC': (1, 160, 224, 3)}


class Rewriter:
    """A graph with nodes that are to be replaced; `finish` does it."""

    def __init__(self, model: ModelProto) -> None:
        """Take a model; it is changed in place."""
        graph = self._graph = model.graph
        self.nodes: list[NodeProto] = list(graph.node)
        self.makers = {name: node for node in graph.node for name in node.output}
        self._readers: dict[str, list[NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in dict.fromkeys(node.input):
                self._readers[name].append(node)
        inner = (
            name for node in graph.node for part in subgraphs(node) for name in all_names(part)
        )
        self._needed = {value.name for value in graph.output} | set(inner)
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == 'Constant' and (value := attribute(node, 'value')) is not None:
                self._weights[node.output[0]] = value.t
        self.shapes, self.fixed = _shapes(model)
        self._names = set(all_names(graph))
        self._new: dict[int, list[NodeProto]] = defaultdict(list)
        self._gone: set[int] = set()
        self._stale: set[str] = set()

    def constant(self, name: str) -> Array | None:
        """Return the floats that a tensor always has, None where it has none."""
        while (node := self.makers.get(name)) is not None and node.op_type == 'Identity':
            name = node.input[0]
        tensor = self._weights.get(name)
        if tensor is None or tensor.data_type not in _FLOATS:
            return None
        return np.asarray(numpy_helper.to_array(tensor))

    def readers(self, name: str) -> Sequence[NodeProto] | None:
        """Return the nodes that read a tensor; None where others may as well."""
        return None if name in self._needed else self._readers[name]

    def add(
        self, place: NodeProto, kind: str, inputs: Sequence[str], output: str = '', **more: Any
    ) -> str:
        """Make a node that will stand before another one, and return its output."""
        output = output or self._unique(kind.lower())
        name = self._unique(kind)
        self._new[id(place)].append(helper.make_node(kind, inputs, [output], name=name, **more))
        return output

    def weight(self, values: Array, like: Array) -> str:
        """Add floats of the type of others, and return their name."""
        return self._initializer(np.asarray(values).astype(like.dtype))

    def numbers(self, values: Sequence[int]) -> str:
        """Add whole numbers and return their name."""
        return self._initializer(np.array(values, np.int64))

    def remove(self, node: NodeProto) -> None:
        """Take a node away, where another one gives what it gave."""
        self._gone.add(id(node))

    def forget_shapes(self, names: Iterable[str]) -> None:
        """Tell of tensors that get another shape."""
        self._stale.update(names)

    def finish(self) -> None:
        """Put the new nodes in place, and drop what nobody reads any more."""
        graph = self._graph
        nodes = [
            one
            for node in self.nodes
            for one in (*self._new[id(node)], *(() if id(node) in self._gone else (node,)))
        ]
        wanted, kept = set(self._needed), []
        for node in reversed(nodes):
            if not wanted.isdisjoint(node.output):
                kept.append(node)
                wanted.update(node.input)
        del graph.node[:]
        graph.node.extend(reversed(kept))
        made = {name for node in graph.node for name in node.output}
        given = {value.name for value in graph.input}
        weights = [one for one in graph.initializer if one.name in wanted | given]
        del graph.initializer[:]
        graph.initializer.extend(weights)
        told = [one for one in graph.value_info if one.name in made - self._stale]
        del graph.value_info[:]
        graph.value_info.extend(told)

    def _initializer(self, values: Array) -> str:
        name = self._unique('weight')
        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _unique(self, name: str) -> str:
        number = 0
        while (new := f'folded/{name}_{number}') in self._names:
            number += 1
        self._names.add(new)
        return new


def _shapes(model: ModelProto) -> tuple[dict[str, tuple[int, ...]], bool]:
    """
    Return the shapes that are known, and whether they are those of each image.

    Where inputs leave sizes free, they are those of a trial.
    """
    fixed, trial = True, ModelProto()
    trial.CopyFrom(model)
    # Converters leave stale words behind of what is between the layers.
    del trial.graph.value_info[:]
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in trial.graph.input:
        dims = value.type.tensor_type.shape.dim
        free = [axis for axis, dim in enumerate(dims) if not dim.HasField('dim_value')]
        if value.name in weights or not free:
            continue
        # A free number of images is no free size.
        fixed = fixed and free == [0]
        last = len(dims) == 4 and dims[3].HasField('dim_value') and dims[3].dim_value in (1, 3)
        sizes = _TRIAL['NHWC' if last else 'NCHW']
        for axis in free:
            dims[axis].dim_value = sizes[min(axis, 3)]
    try:
        found = shape_inference.infer_shapes(trial, data_prop=True).graph
    except Exception:
        # What is no sound graph ends in errors of many kinds; then nothing is known.
        return {}, False
    values = (*found.value_info, *found.input, *found.output)
    shapes = {value.name: value.type.tensor_type.shape.dim for value in values}
    return {
        name: tuple(dim.dim_value for dim in dims)
        for name, dims in shapes.items()
        if all(dim.HasField('dim_value') for dim in dims)
    }, fixed
