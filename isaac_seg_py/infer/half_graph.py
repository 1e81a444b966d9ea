"""Rewrite an ONNX graph so that it computes in halves; what goes in and out stays float32."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from onnx import GraphProto, helper, ModelProto, NodeProto, numpy_helper, TensorProto

from .half_policy import is_pinned_input, kept_nodes
from .half_values import exceeds, Half, half_tensor
from .onnx_types import attribute, element_types, formal, opset_of, schema_of, subgraphs, Types

_FLOAT: Final = int(TensorProto.FLOAT)


@dataclass
class HalfReport:
    """What became of a model's nodes, and which constants did not fit."""

    halved: int = 0
    kept: list[str] = field(default_factory=list)
    saturated: list[str] = field(default_factory=list)


def rewrite_model(model: ModelProto, half: Half, keep: Sequence[str]) -> HalfReport:
    """Change a model in place: casts at its borders and around the nodes that stay in float32."""
    rewriter = _Rewriter(half, keep, opset_of(model), _all_names(model.graph))
    rewriter.rewrite(model.graph, None, None)
    return rewriter.report


class _Scope:
    """One graph while it is rewritten: under which name each tensor is there in each type."""

    def __init__(self, graph: GraphProto, around: _Scope | None) -> None:
        self.around = around
        self.constants = {t.name: t for t in graph.initializer if t.data_type == _FLOAT}
        self.new_constants: list[TensorProto] = []
        self.nodes: list[NodeProto] = []
        own: dict[tuple[str, int], str] = {}
        self.names: ChainMap[tuple[str, int], str] = (
            around.names.new_child(own) if around else ChainMap(own)
        )

    def owner(self, name: str) -> _Scope | None:
        """Return the graph that has this constant, here or around."""
        if name in self.constants:
            return self
        return self.around.owner(name) if self.around else None


class _Rewriter:
    def __init__(self, half: Half, keep: Sequence[str], opset: int, taken: set[str]) -> None:
        self._half = half
        self._keep = keep
        self._opset = opset
        self._taken = taken
        self.report = HalfReport()

    def rewrite(self, graph: GraphProto, around: _Scope | None, types: Types | None) -> None:
        _lift_constants(graph)
        _drop_weights_from_inputs(graph)
        types = element_types(graph, self._opset, types)
        kept = kept_nodes(graph, self._opset, types, self._half, self._keep)
        scope = _Scope(graph, around)
        for name in (*scope.constants, *(value.name for value in graph.input)):
            if types.get(name) == _FLOAT:
                scope.names[name, _FLOAT] = name
        results = {value.name for value in graph.output}
        for index, node in enumerate(graph.node):
            self._node(node, index not in kept, scope, types, results)
        for value in graph.output:
            if types.get(value.name) == _FLOAT:
                value.name = self._name_as(value.name, _FLOAT, scope)
        del graph.node[:]
        graph.node.extend(scope.nodes)
        graph.initializer.extend(scope.new_constants)
        # What the file says of float tensors is true of some of them only.
        known = [v for v in graph.value_info if v.type.tensor_type.elem_type != _FLOAT]
        del graph.value_info[:]
        graph.value_info.extend(known)
        _drop_unused(graph, set(scope.constants))

    def _node(
        self, node: NodeProto, halved: bool, scope: _Scope, types: Types, results: set[str]
    ) -> None:
        bound = set()
        floats = False
        for index, name in enumerate(node.input):
            if types.get(name) != _FLOAT:
                continue
            floats = True
            low = halved and not is_pinned_input(node, index, self._opset)
            if low:
                schema = schema_of(node, self._opset)
                bound.add(formal(schema.inputs, index).type_str if schema else '')
            node.input[index] = self._name_as(name, self._half.element if low else _FLOAT, scope)
        for body in subgraphs(node):
            self.rewrite(body, scope, types)
        to_float = node.op_type == 'Cast' and attribute(node, 'to').i == _FLOAT
        if halved and to_float:
            attribute(node, 'to').i = self._half.element
        scope.nodes.append(node)
        self._count(node, halved, floats)
        for index, name in enumerate(node.output):
            if types.get(name) != _FLOAT:
                continue
            schema = schema_of(node, self._opset)
            kind = formal(schema.outputs, index).type_str if schema else None
            low = halved and (to_float or kind in bound)
            if not low:
                scope.names[name, _FLOAT] = name
            elif name in results:
                node.output[index] = self._unique(f'{name}_{self._half.name}')
                scope.names[name, self._half.element] = node.output[index]
                scope.names[name, _FLOAT] = name
                scope.nodes.append(self._cast(node.output[index], name, _FLOAT))
            else:
                scope.names[name, self._half.element] = name

    def _name_as(self, name: str, element: int, scope: _Scope) -> str:
        """Return under which name a tensor is there in a type, after casting it if need be."""
        known = scope.names.get((name, element))
        if known is not None:
            return known
        other = _FLOAT if element != _FLOAT else self._half.element
        source = scope.names.get((name, other))
        if source is None:
            return name  # not of this model's graphs; the library will say what it thinks of it
        suffix = 'fp32' if element == _FLOAT else self._half.name
        new = self._unique(f'{name}_{suffix}')
        owner = scope.owner(name)
        if owner is not None:
            constant = owner.constants[name]
            if exceeds(numpy_helper.to_array(constant), self._half):
                self.report.saturated.append(name)
            owner.new_constants.append(half_tensor(constant, new, self._half))
            owner.names[name, element] = new
            return new
        scope.nodes.append(self._cast(source, new, element))
        scope.names[name, element] = new
        return new

    def _cast(self, source: str, target: str, element: int) -> NodeProto:
        name = self._unique(f'cast_{target}')
        return helper.make_node('Cast', [source], [target], name=name, to=element)

    def _unique(self, name: str) -> str:
        number = 1
        found = name
        while found in self._taken:
            number += 1
            found = f'{name}_{number}'
        self._taken.add(found)
        return found

    def _count(self, node: NodeProto, halved: bool, floats: bool) -> None:
        if halved and floats:
            self.report.halved += 1
        elif floats and not any(True for _ in subgraphs(node)):
            self.report.kept.append(f'{node.op_type} {node.name or node.output[0]}')


def _all_names(graph: GraphProto) -> set[str]:
    found = {value.name for value in (*graph.input, *graph.output, *graph.initializer)}
    for node in graph.node:
        found.update((node.name, *node.input, *node.output))
        for body in subgraphs(node):
            found |= _all_names(body)
    return found


def _lift_constants(graph: GraphProto) -> None:
    """Make weights of the Constant nodes that hold floats: there can be one of each type."""
    results = {value.name for value in graph.output}
    rest = []
    for node in graph.node:
        tensor = _float_constant(node) if node.op_type == 'Constant' else None
        if tensor is None or node.output[0] in results:
            rest.append(node)
        else:
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
    if len(rest) < len(graph.node):
        del graph.node[:]
        graph.node.extend(rest)


def _float_constant(node: NodeProto) -> TensorProto | None:
    value = attribute(node, 'value')
    if value is not None:
        return value.t if value.t.data_type == _FLOAT else None
    one, many = attribute(node, 'value_float'), attribute(node, 'value_floats')
    if one is not None:
        return helper.make_tensor('', _FLOAT, [], [one.f])
    return helper.make_tensor('', _FLOAT, [len(many.floats)], many.floats) if many else None


def _drop_weights_from_inputs(graph: GraphProto) -> None:
    """Old files name their weights among the inputs too; nobody feeds them."""
    weights = {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.input if value.name in weights]:
        graph.input.remove(value)


def _drop_unused(graph: GraphProto, candidates: set[str]) -> None:
    used = {value.name for value in graph.output} | _read_names(graph)
    for index in reversed(range(len(graph.initializer))):
        name = graph.initializer[index].name
        if name in candidates and name not in used:
            del graph.initializer[index]


def _read_names(graph: GraphProto) -> set[str]:
    found = {name for node in graph.node for name in node.input}
    for node in graph.node:
        for body in subgraphs(node):
            found |= _read_names(body) | {value.name for value in body.output}
    return found
