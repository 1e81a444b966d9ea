"""
Write linear layers next to an image as convolutions of 1x1, where that saves turning the axes.

Transformers with convolutions among their layers, as SegFormer has, turn tokens into images and
back. Beside the layer that makes channels many, it is the few that are turned, or none at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from onnx import ModelProto, NodeProto

from .fuse_linear import Linear, linear_of, turned
from .fuse_rewriter import Rewriter

# What looks at each number alone, beside constants of one number.
_ONE_BY_ONE: Final = frozenset((
    'Abs', 'Add', 'Clip', 'Div', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish',
    'Identity', 'LeakyRelu', 'Mul', 'Neg', 'Pow', 'Relu', 'Sigmoid', 'Softplus', 'Sqrt', 'Sub',
    'Tanh',
))  # fmt: skip


def convolve_linear(model: ModelProto) -> int:
    """Rewrite what can be; the model is changed in place. Return how many layers there were."""
    operators = {node.op_type for node in model.graph.node}
    if not {'MatMul', 'Transpose', 'Reshape'} <= operators:
        return 0
    graph = Rewriter(model)
    count = 0
    for node in graph.nodes:
        if node.op_type == 'Reshape':
            count += _before_image(graph, node)
    if count:
        graph.finish()
        graph = Rewriter(model)
    more = 0
    for node in graph.nodes:
        if node.op_type in ('Add', 'MatMul'):
            more += _behind_image(graph, node)
    if more:
        graph.finish()
    return count + more


def _before_image(graph: Rewriter, node: NodeProto) -> bool:
    """Rewrite a layer whose tokens become an image."""
    after = graph.shapes.get(node.output[0], ())
    turn = graph.makers.get(node.input[0])
    if len(after) != 4 or turn is None or not turned(turn) or not _alone(graph, turn, node):
        return False
    layer = linear_of(graph, turn.input[0])
    if layer is None or not layer.last or not _alone(graph, layer.added or layer.product, turn):
        return False
    wide, narrow = layer.matrix.shape
    if after[1] != wide or graph.shapes.get(turn.output[0], ())[:2] != after[:2]:
        return False
    size = after[2:]
    source = _image_of(graph, layer.source)
    if not source or graph.shapes[source] != (after[0], narrow, *size):
        if narrow >= wide or not graph.fixed:
            return False
        source = graph.add(node, 'Transpose', [layer.source], perm=[0, 2, 1])
        source = graph.add(node, 'Reshape', [source, graph.numbers([0, narrow, *size])])
    _convolution(graph, node, layer, source, node.output[0])
    graph.remove(node)
    return True


def _behind_image(graph: Rewriter, node: NodeProto) -> bool:
    """Rewrite a layer of tokens that were an image, but for what was done to each number."""
    layer = linear_of(graph, node.output[0])
    if layer is None or not layer.last or len(layer.matrix) > layer.matrix.shape[1]:
        return False
    between, source = _between(graph, layer)
    image = _image_of(graph, source)
    if not image:
        return False
    for one in between:
        one.input[:] = [image if name == source else name for name in one.input]
    graph.forget_shapes(name for one in between for name in one.output)
    place, last = layer.added or layer.product, layer.source if between else image
    value = _convolution(graph, place, layer, last)
    value = graph.add(place, 'Reshape', [value, graph.numbers([0, len(layer.matrix), -1])])
    graph.add(place, 'Transpose', [value], output=layer.output, perm=[0, 2, 1])
    graph.remove(layer.product)
    graph.remove(place)
    return True


def _convolution(
    graph: Rewriter, place: NodeProto, layer: Linear, source: str, output: str = ''
) -> str:
    inputs = [source, graph.weight(layer.matrix[:, :, None, None], layer.matrix)]
    if layer.bias is not None:
        inputs.append(graph.weight(layer.bias, layer.matrix))
    return graph.add(place, 'Conv', inputs, output, kernel_shape=[1, 1])


def _between(graph: Rewriter, layer: Linear) -> tuple[Sequence[NodeProto], str]:
    """Return what stands between a tensor and a layer, all of it one by one, and the tensor."""
    between: dict[int, NodeProto] = {}
    sources: set[str] = set()
    waiting = [layer.source]
    while waiting:
        name = waiting.pop()
        node = graph.makers.get(name)
        if node is None or node.op_type not in _ONE_BY_ONE or len(node.output) != 1:
            sources.add(name)
        elif id(node) not in between:
            between[id(node)] = node
            waiting += [one for one in node.input if one and not _is_number(graph, one)]
    inside = {*between, id(layer.product)}
    names = {*sources, *(name for node in between.values() for name in node.output)}
    for name in names:
        readers = graph.readers(name)
        if readers is None or any(id(reader) not in inside for reader in readers):
            return (), ''
    return list(between.values()), sources.pop() if len(sources) == 1 else ''


def _is_number(graph: Rewriter, name: str) -> bool:
    value = graph.constant(name)
    return value is not None and value.size == 1 and value.ndim < 4


def _image_of(graph: Rewriter, tokens: str) -> str:
    """Return the image whose places are tokens, row by row; empty where there is none."""
    turn = graph.makers.get(tokens)
    flat = graph.makers.get(turn.input[0]) if turn is not None and turned(turn) else None
    if flat is None or flat.op_type != 'Reshape':
        return ''
    image = str(flat.input[0])
    before, after = graph.shapes.get(image, ()), graph.shapes.get(flat.output[0], ())
    same = len(before) == 4 and len(after) == 3 and before[:2] == after[:2]
    return image if same else ''


def _alone(graph: Rewriter, node: NodeProto, reader: NodeProto) -> bool:
    """Say whether one node alone reads the numbers of another one."""
    return graph.readers(node.output[0]) == [reader]
