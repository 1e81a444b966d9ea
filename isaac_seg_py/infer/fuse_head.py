"""
Fold the head of SegFormer, and of what is built like it: one product in place of two.

There each scale goes through a linear layer, is enlarged, and all together go through another
one. Enlarging mixes no channels, so that both layers are one, which runs at the size of its scale;
the enlarged results are added. Only rounding changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import logging
from typing import Final

import numpy as np
from onnx import ModelProto, NodeProto

from .fuse_linear import Linear, linear_of, turned
from .fuse_rewriter import Array, Rewriter
from .onnx_types import attribute

_LOG: Final = logging.getLogger(__name__)
# There places beyond the edge have a value of their own.
_NOT_LINEAR: Final = b'tf_crop_and_resize'


@dataclass(frozen=True)
class _Branch:
    """A linear layer and where it goes into the head."""

    linear: Linear
    output: str
    resized: bool


def fold_heads(model: ModelProto) -> int:
    """Fold each head that can be; the model is changed in place. Return how many there were."""
    if not any(node.op_type == 'Resize' for node in model.graph.node):
        return 0
    graph = Rewriter(model)
    folded = 0
    for node in graph.nodes:
        joined = graph.makers.get(node.input[0]) if node.op_type == 'Conv' else None
        if (
            joined is None
            or joined.op_type != 'Concat'
            or attribute(joined, 'axis').i not in (1, -3)
        ):
            continue
        folded += _fold(graph, node, joined)
    if folded:
        graph.finish()
    return folded


def _fold(graph: Rewriter, node: NodeProto, joined: NodeProto) -> bool:
    """Fold the head that ends in a convolution; say whether it could be."""
    last = linear_of(graph, node.output[0])
    if last is None or graph.readers(joined.output[0]) != [node]:
        return False
    branches = [_branch(graph, name) for name in joined.input]
    found = [branch for branch in branches if branch is not None]
    width = last.matrix.shape[0]
    if (
        len(found) < len(branches)
        or len(set(joined.input)) < len(branches)
        or not any(branch.resized for branch in found)
        # With fewer channels between the two layers than behind them, two may be less work.
        or any(branch.linear.matrix.shape[0] != width for branch in found)
        or last.matrix.shape[1] != width * len(found)
    ):
        _LOG.info('the head at %s stays as it is: its branches are not all linear', node.name)
        return False
    end, scale, rest = _normalized(graph, node, last)
    matrix = last.matrix.astype(np.float64) * scale[:, None]
    # What is not enlarged comes last: runtimes add it within its convolution.
    parts = sorted(zip(found, np.split(matrix, len(found), axis=1), strict=True),
                   key=lambda pair: not pair[0].resized)  # fmt: skip
    into = parts[-1][0]
    takes_rest = not into.resized and into.linear.bias is not None
    for branch, part in parts:
        _replace(graph, branch.linear, part, rest if takes_rest and branch is into else None)
    _sum(graph, [branch.output for branch, _ in parts], end, last.matrix,
         None if takes_rest else rest)  # fmt: skip
    _LOG.info('the head at %s is folded: %d branches of one layer each', node.name, len(found))
    return True


def _branch(graph: Rewriter, name: str) -> _Branch | None:
    """Return the linear layer that a tensor with channels second is made of, by ways of places."""
    resized = last = False
    output = ''
    while _read_once(graph, name):
        linear = linear_of(graph, name)
        if linear is not None:
            return _Branch(linear, output or name, resized) if linear.last == last else None
        node = graph.makers.get(name)
        if node is None or not node.input:
            return None
        before, after = graph.shapes.get(node.input[0], ()), graph.shapes.get(name, ())
        # Images and channels are what they were, by the first two axes.
        same = bool(after) and before[:2] == after[:2]
        if node.op_type == 'Resize':
            if not same or _mode(node) == _NOT_LINEAR:
                return None
            if resized or before != after:
                resized, output = True, output or name
        elif node.op_type == 'Reshape':
            if not same or (len(before), len(after)) not in ((3, 4), (4, 4)):
                return None
            output = output or name
        elif turned(node) and not last:
            last = True
        elif node.op_type != 'Identity':
            return None
        name = node.input[0]
    return None


def _read_once(graph: Rewriter, name: str) -> bool:
    """Say whether one node alone reads a tensor's numbers; sizes stay what they are."""
    readers = graph.readers(name)
    return readers is not None and sum(node.op_type != 'Shape' for node in readers) == 1


def _mode(node: NodeProto) -> bytes:
    return bytes(getattr(attribute(node, 'coordinate_transformation_mode'), 's', b''))


def _normalized(graph: Rewriter, node: NodeProto, last: Linear) -> tuple[NodeProto, Array, Array]:
    """Return where a layer ends with its batch norm, what that multiplies it by, and the bias."""
    width = len(last.matrix)
    scale, bias = np.ones(width), np.zeros(width) if last.bias is None else last.bias
    readers = graph.readers(node.output[0])
    after = readers[0] if readers and len(readers) == 1 else None
    if after is None or after.op_type != 'BatchNormalization' or len(after.output) > 1:
        return node, scale, bias.astype(np.float64)
    values = [graph.constant(name) for name in after.input[1:]]
    known = [value.astype(np.float64) for value in values if value is not None]
    if len(known) < 4 or getattr(attribute(after, 'training_mode'), 'i', False):
        return node, scale, bias.astype(np.float64)
    gain, shift, mean, variance = known
    small = attribute(after, 'epsilon')
    scale = gain / np.sqrt(variance + (1e-5 if small is None else small.f))
    graph.remove(node)
    return after, scale, shift + (bias - mean) * scale


def _replace(graph: Rewriter, linear: Linear, part: Array, more: Array | None) -> None:
    """Give a layer the product of both in place of its own weights."""
    matrix = part @ linear.matrix.astype(np.float64)
    shaped = matrix.T if linear.last else matrix[:, :, None, None]
    linear.product.input[1] = graph.weight(shaped, linear.matrix)
    if linear.bias is None:
        return
    bias = part @ linear.bias.astype(np.float64) + (0 if more is None else more)
    name = graph.weight(bias, linear.bias)
    if linear.added is None:
        linear.product.input[2] = name
    else:
        own = 0 if graph.constant(linear.added.input[0]) is not None else 1
        linear.added.input[own] = name


def _sum(
    graph: Rewriter, outputs: Sequence[str], end: NodeProto, like: Array, rest: Array | None
) -> None:
    """Put the sum of the branches, and of the bias that none took, where the head ended."""
    total = outputs[0]
    names = list(outputs[1:])
    if rest is not None and rest.any():
        names.insert(0, graph.weight(rest[:, None, None], like))
    for name in names[:-1]:
        total = graph.add(end, 'Add', [total, name])
    graph.add(end, 'Add', [total, names[-1]], output=end.output[0])
    graph.remove(end)
