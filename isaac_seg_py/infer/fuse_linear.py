"""Recognise a linear layer of a graph's channels, in the forms that exporters write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from onnx import NodeProto

from .fuse_rewriter import Array, Rewriter
from .onnx_types import attribute

_CHANNELS_LAST: Final = [0, 2, 1]


@dataclass(frozen=True)
class Linear:
    """
    A layer that gives each place a product of its channels, and a bias where it has one.

    `last` says that channels are the last axis of three, of a MatMul; of a Conv they are the
    second one of four. `matrix` is (channels out, channels in).
    """

    product: NodeProto
    added: NodeProto | None
    matrix: Array
    bias: Array | None
    last: bool

    @property
    def source(self) -> str:
        """Return the tensor that goes in."""
        return str(self.product.input[0])

    @property
    def output(self) -> str:
        """Return the tensor that comes out."""
        return str((self.added or self.product).output[0])


def linear_of(graph: Rewriter, output: str) -> Linear | None:
    """Return the linear layer that ends in a tensor; None where none does."""
    node = graph.makers.get(output)
    if node is None:
        return None
    if node.op_type == 'Conv':
        return _convolution(graph, node)
    if node.op_type == 'MatMul':
        return _product(graph, node)
    if node.op_type != 'Add':
        return None
    for this, other in ((0, 1), (1, 0)):
        bias = graph.constant(node.input[this])
        product = graph.makers.get(node.input[other])
        if bias is None or product is None or product.op_type != 'MatMul':
            continue
        found = _product(graph, product)
        if found and bias.shape[-1:] == (bias.size,) == found.matrix.shape[:1]:
            alone = graph.readers(product.output[0]) == [node]
            return Linear(product, node, found.matrix, bias.ravel(), True) if alone else None
    return None


def turned(node: NodeProto | None) -> bool:
    """Say whether a node swaps the last two axes of three."""
    if node is None or node.op_type != 'Transpose':
        return False
    return list(getattr(attribute(node, 'perm'), 'ints', [])) == _CHANNELS_LAST


def _product(graph: Rewriter, node: NodeProto) -> Linear | None:
    matrix = graph.constant(node.input[1])
    if matrix is None or matrix.ndim != 2 or len(graph.shapes.get(node.input[0], ())) != 3:
        return None
    return Linear(node, None, matrix.T, None, True)


def _convolution(graph: Rewriter, node: NodeProto) -> Linear | None:
    if node.domain or not _is_pointwise(node):
        return None
    weights = graph.constant(node.input[1])
    if weights is None or weights.ndim != 4 or weights.shape[2:] != (1, 1):
        return None
    bias = graph.constant(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    if bias is None and len(node.input) > 2 and node.input[2]:
        return None
    return Linear(node, None, weights[:, :, 0, 0], bias, False)


def _is_pointwise(node: NodeProto) -> bool:
    """Say whether a convolution of 1x1 looks at each place alone, and at all of its channels."""
    told = {one.name: one for one in node.attribute}
    return (
        ('group' not in told or told['group'].i == 1)
        and ('strides' not in told or set(told['strides'].ints) == {1})
        and ('pads' not in told or not any(told['pads'].ints))
    )
