"""Recognise a softmax in an ONNX graph, as one node or written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from onnx import numpy_helper

from .onnx_types import attribute

_ONE_NODE: Final = ('Softmax', 'LogSoftmax')
_OF_ONE_AXIS: Final = 13

Makers = Mapping[str, Any]
"""The node that makes each tensor."""


def softmax_input(
    node: Any, makers: Makers, weights: Mapping[str, Any], opset: int, axes: tuple[int, int]
) -> str:
    """
    Return what goes into the softmax along an axis that ends in a node; empty where none does.

    `axes` are the two numbers of the axis, from the front and from the back.
    """
    if node.op_type in _ONE_NODE:
        given = attribute(node, 'axis')
        # In old opsets it runs over all axes from the named one on.
        along = (-1 if given is None else int(given.i)) in axes and opset >= _OF_ONE_AXIS
        return str(node.input[0]) if along else ''
    if node.op_type != 'Div':
        return ''
    above, below = (_maker(makers, name) for name in node.input)
    if not (_is(above, 'Exp') and _reduces(below, 'ReduceSum', weights, axes)):
        return ''
    if below.input[0] != node.input[0]:
        return ''
    source = str(above.input[0])
    shift = _maker(makers, source)
    if not _is(shift, 'Sub'):
        return source
    highest = _maker(makers, shift.input[1])
    same = _reduces(highest, 'ReduceMax', weights, axes) and highest.input[0] == shift.input[0]
    return str(shift.input[0]) if same else source


def _maker(makers: Makers, tensor: str) -> Any:
    """Return the node that makes a tensor, None for an input or a weight."""
    return makers.get(tensor)


def _is(node: Any, kind: str) -> bool:
    return node is not None and node.op_type == kind


def _reduces(node: Any, kind: str, weights: Mapping[str, Any], axes: tuple[int, int]) -> bool:
    """Say whether a node reduces along that axis and keeps it."""
    if not _is(node, kind):
        return False
    kept = attribute(node, 'keepdims')
    if kept is not None and kept.i == 0:
        return False
    given = attribute(node, 'axes')
    if given is not None:
        along = list(given.ints)
    else:
        # Newer opsets have them as an input.
        constant = weights.get(node.input[1]) if len(node.input) > 1 else None
        along = [] if constant is None else numpy_helper.to_array(constant).reshape(-1).tolist()
    return len(along) == 1 and along[0] in axes
