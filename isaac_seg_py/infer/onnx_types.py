"""Element types of every tensor of an ONNX graph, from the operators' own definitions."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from onnx import AttributeProto, defs, GraphProto, ModelProto, NodeProto, TensorProto

Types = ChainMap[str, int]
"""Element type by tensor name; a graph within a graph sees the names around it."""

# Operators whose output has a type of its own: the attribute that says it, and what else it is.
_MAKERS = {
    'Cast': ('to', 0),
    'Bernoulli': ('dtype', 0),
    'EyeLike': ('dtype', 0),
    'Multinomial': ('dtype', TensorProto.INT32),
    'RandomNormal': ('dtype', TensorProto.FLOAT),
    'RandomNormalLike': ('dtype', 0),
    'RandomUniform': ('dtype', TensorProto.FLOAT),
    'RandomUniformLike': ('dtype', 0),
    'BlackmanWindow': ('output_datatype', TensorProto.FLOAT),
    'HammingWindow': ('output_datatype', TensorProto.FLOAT),
    'HannWindow': ('output_datatype', TensorProto.FLOAT),
    'MelWeightMatrix': ('output_datatype', TensorProto.FLOAT),
    'QuantizeLinear': ('output_dtype', 0),
}


def attribute(node: NodeProto, name: str) -> Any:
    """Return an attribute of a node, None where it has none."""
    return next((a for a in node.attribute if a.name == name), None)


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """Return the graphs that lie in a node, as in If and Loop."""
    for found in node.attribute:
        if found.type == AttributeProto.GRAPH:
            yield found.g
        elif found.type == AttributeProto.GRAPHS:
            yield from found.graphs


def opset_of(model: ModelProto) -> int:
    """Return the version of the standard operators."""
    return max((o.version for o in model.opset_import if o.domain in ('', 'ai.onnx')), default=1)


def schema_of(node: NodeProto, opset: int) -> defs.OpSchema | None:
    """Return an operator's definition, None for one that is not standard."""
    if node.domain not in ('', 'ai.onnx') or not defs.has(node.op_type, ''):
        return None
    try:
        return defs.get_schema(node.op_type, opset, '')
    except defs.SchemaError:
        return None


def formal(parameters: Any, index: int) -> Any:
    """Return the definition of an input or output; the last one may stand for all that follow."""
    return parameters[min(index, len(parameters) - 1)] if parameters else None


def element_types(graph: GraphProto, opset: int, around: Types | None = None) -> Types:
    """Return the type of each tensor that a graph defines, in front of those around it."""
    types: Types = around.new_child() if around is not None else ChainMap()
    for value in (*graph.value_info, *graph.input, *graph.output):
        if value.type.WhichOneof('value') == 'tensor_type':
            types[value.name] = value.type.tensor_type.elem_type
    for tensor in graph.initializer:
        types[tensor.name] = tensor.data_type
    for node in graph.node:
        for name, kind in zip(node.output, _outputs(node, opset, types), strict=True):
            # What the file says of a tensor comes second: converters leave stale words behind.
            if name and (kind or name not in types):
                types[name] = kind
    return types


def _outputs(node: NodeProto, opset: int, types: Types) -> list[int]:
    """Return the types of a node's outputs, 0 where they cannot be told."""
    count = len(node.output)
    first = types.get(node.input[0], 0) if node.input else 0
    if node.op_type in _MAKERS:
        name, otherwise = _MAKERS[node.op_type]
        said = attribute(node, name)
        if node.op_type == 'QuantizeLinear' and not (said and said.i):
            zero_point = node.input[2] if len(node.input) > 2 else ''
            return [types.get(zero_point, TensorProto.UINT8)] * count
        return [(said.i if said is not None else 0) or otherwise or first] * count
    if node.op_type in ('Constant', 'ConstantOfShape'):
        return [_constant_type(node)] * count
    if node.op_type in ('If', 'Loop', 'Scan'):
        return _body_outputs(node, opset, types)
    schema = schema_of(node, opset)
    if schema is None:
        return [0] * count
    bound: dict[str, int] = {}
    for index, name in enumerate(node.input):
        if name and types.get(name):
            bound.setdefault(formal(schema.inputs, index).type_str, types[name])
    return [
        _written_type(formal(schema.outputs, index), bound) if name else 0
        for index, name in enumerate(node.output)
    ]


def _body_outputs(node: NodeProto, opset: int, types: Types) -> list[int]:
    body = next(subgraphs(node))
    inside = element_types(body, opset, types)
    # A loop's first output says whether to go on, and stays inside.
    results = list(body.output)[1:] if node.op_type == 'Loop' else list(body.output)
    kinds = [inside.get(result.name, 0) for result in results]
    return (kinds + [0] * len(node.output))[: len(node.output)]


def _constant_type(node: NodeProto) -> int:
    value = attribute(node, 'value')
    if value is not None:
        return int(value.t.data_type)
    if attribute(node, 'value_int') or attribute(node, 'value_ints'):
        return int(TensorProto.INT64)
    if attribute(node, 'value_string') or attribute(node, 'value_strings'):
        return int(TensorProto.STRING)
    return int(TensorProto.FLOAT)


def _written_type(parameter: Any, bound: dict[str, int]) -> int:
    """Return the type that `T` is bound to, or the only one that the definition allows."""
    if parameter.type_str in bound:
        return bound[parameter.type_str]
    names = list(parameter.types)
    if len(names) == 1 and names[0].startswith('tensor('):
        return int(_NAMES.get(names[0][len('tensor(') : -1], 0))
    return 0


_NAMES = {
    'float': TensorProto.FLOAT,
    'float16': TensorProto.FLOAT16,
    'bfloat16': TensorProto.BFLOAT16,
    'double': TensorProto.DOUBLE,
    'bool': TensorProto.BOOL,
    **{f'{u}int{n}': getattr(TensorProto, f'{u.upper()}INT{n}')
       for u in ('', 'u') for n in (8, 16, 32, 64)},
}  # fmt: skip
