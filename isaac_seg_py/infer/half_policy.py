"""Which nodes of a network stay in float32 when the others go to halves, and why."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from math import prod
from typing import Final

from onnx import defs, GraphProto, NodeProto, numpy_helper, TensorProto

from .half_values import BF16, exceeds, Half
from .onnx_types import formal, schema_of, subgraphs, Types

# Which input has coordinates of hundreds of pixels: a half would round them to the next quarter.
_COORDINATES: Final = {'Sin': 0, 'Cos': 0, 'Tan': 0, 'GridSample': 1, 'RoiAlign': 1}
# Behind these, numbers are features, and no longer coordinates.
_FEATURES: Final = frozenset(
    {'Conv', 'ConvTranspose', 'Softmax', 'LayerNormalization', 'InstanceNormalization', 'Gelu'}
)
# Operators that make floats of shapes or of nothing.
_MAKERS: Final = frozenset(
    {'Bernoulli', 'BlackmanWindow', 'ConstantOfShape', 'EyeLike', 'HammingWindow', 'HannWindow',
     'MelWeightMatrix', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform',
     'RandomUniformLike'}
)  # fmt: skip
# Sizes and scales come as many at once as there are axes, here with room to spare.
_MOST_SIZES: Final = 16
# A number too large is a mask here, and does as much when it is the largest half.
_MASKS: Final = frozenset(
    {'Add', 'Clip', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Max', 'Min',
     'Mul', 'Pad', 'Sub', 'Where'}
)  # fmt: skip


def is_pinned_input(node: NodeProto, index: int, opset: int) -> bool:
    """Say whether an input is float32 by definition, or is better left so."""
    schema = schema_of(node, opset)
    if schema is None:
        return True
    parameter = formal(schema.inputs, index)
    return bool(parameter.types == {'tensor(float)'} or parameter.name == 'roi')


def kept_nodes(
    graph: GraphProto, opset: int, types: Types, half: Half, keep: Sequence[str]
) -> set[int]:
    """Return the indices of the nodes that stay in float32; `keep` has operators and patterns."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    shapes = _from_shapes(graph, constants)
    kept: set[int] = set()
    coordinates: list[str] = []
    for index, node in enumerate(graph.node):
        if node.op_type in _COORDINATES:
            coordinates.append(node.input[_COORDINATES[node.op_type]])
        if (
            index in shapes
            or node.op_type in _COORDINATES
            or node.op_type in _MAKERS
            or node.op_type in keep
            or any(node.name and fnmatchcase(node.name, pattern) for pattern in keep)
            # TensorRT's compiler has no transposed convolution in bfloat16.
            or (half is BF16 and node.op_type == 'ConvTranspose')
            or any(True for _ in subgraphs(node))
            or not _takes_half(node, opset, types, half)
            or _has_large_weights(node, constants, half)
        ):
            kept.add(index)
    return kept | _makers_of(graph, coordinates, types)


def _from_shapes(graph: GraphProto, constants: dict[str, TensorProto]) -> set[int]:
    """Return the nodes that compute with sizes alone: a half has no place for a size of 2049."""
    # Many floats are features, which sizes may repeat but which are no sizes.
    features = {
        name
        for name, one in constants.items()
        if one.data_type == TensorProto.FLOAT and prod(one.dims) > _MOST_SIZES
    }
    fixed = set(constants) - features
    names: set[str] = set()
    found: set[int] = set()
    for index, node in enumerate(graph.node):
        given = _taken(node) - fixed
        if node.op_type in ('Shape', 'Size'):
            names.update(node.output)
        elif given and given <= names:
            found.add(index)
            names.update(node.output)
        elif not given and (node.input or node.op_type == 'Constant'):
            fixed.update(node.output)
    return found


def _taken(node: NodeProto) -> set[str]:
    """Return the tensors that a node takes, with those that graphs within it take from around."""
    taken = {name for name in node.input if name}
    for graph in subgraphs(node):
        own = {one.name for one in (*graph.input, *graph.initializer)}
        for inner in graph.node:
            taken |= _taken(inner) - own
            own.update(inner.output)
        # A branch may give what lies around it as it is.
        taken |= {one.name for one in graph.output} - own
    return taken


def _takes_half(node: NodeProto, opset: int, types: Types, half: Half) -> bool:
    schemas = [schema_of(node, opset)]
    if half is BF16 and defs.has(node.op_type, ''):
        # Convolution and its like name bfloat16 from opset 22 on; TensorRT takes it in all.
        schemas.append(defs.get_schema(node.op_type, ''))
    if schemas[0] is None:
        return False
    for index, name in enumerate(node.input):
        if types.get(name) != TensorProto.FLOAT or is_pinned_input(node, index, opset):
            continue
        parameters = [formal(s.inputs, index) for s in schemas if s is not None and s.inputs]
        if not any(half.onnx_name in parameter.types for parameter in parameters):
            return False
    return True


def _has_large_weights(node: NodeProto, constants: dict[str, TensorProto], half: Half) -> bool:
    if node.op_type in _MASKS:
        return False
    return any(
        name in constants
        and constants[name].data_type == TensorProto.FLOAT
        and exceeds(numpy_helper.to_array(constants[name]), half)
        for name in node.input
    )


def _makers_of(graph: GraphProto, names: list[str], types: Types) -> set[int]:
    """Return the nodes that compute these tensors, as far back as they are coordinates."""
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output}
    found: set[int] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        index = makers.get(name)
        if index is None or index in found or types.get(name) != TensorProto.FLOAT:
            continue
        if graph.node[index].op_type not in _FEATURES:
            found.add(index)
            waiting.extend(graph.node[index].input)
    return found
