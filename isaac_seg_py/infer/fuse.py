"""
Fold what goes before and after a network into its ONNX graph.

Pixels go in as they are, uint8 with the channels last, a quarter of what floats take; the class of
each cell comes out in place of a score for each class. Linear layers that only follow one another
become one. The user's file is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TYPE_CHECKING

from .graph_cache import made_once
from .onnx_files import model_digest
from ..errors import BackendUnavailable, ModelError

if TYPE_CHECKING:  # it needs the package onnx, which only those need who fuse
    from .fuse_graph import Graph

_FORMAT: Final = 3
_OLDEST_OPSET: Final = 7
_MOST_BYTES: Final = 2_000_000_000
_NHWC_TO_NCHW: Final = (0, 3, 1, 2)


@dataclass(frozen=True)
class Head:
    """
    What goes before a network: tensor = pixel * scale + bias, for each channel.

    The image comes as RGB where `swap` says that the network wants BGR. Planar is NCHW.
    """

    planar: bool
    swap: bool
    scale: tuple[float, ...]
    bias: tuple[float, ...]


@dataclass(frozen=True)
class Tail:
    """What goes behind a network: the highest of the classes on an axis of an output."""

    output: str
    axis: int


def fused_file(model: Path, head: Head | None, tail: Tail | None) -> Path:
    """Return the file of a network with its head and tail folded in; it is made once."""
    if head is None and tail is None:
        return model
    key = f'{_FORMAT} {model_digest(model)} {head} {tail}'
    return made_once('fused', model.stem, key, lambda: _fused(model, head, tail))


def _fused(model: Path, head: Head | None, tail: Tail | None) -> bytes:
    """Return the bytes of the fused network."""
    proto = _load(model)
    from .fuse_graph import Graph
    from .fuse_layers import fold_layers
    from .onnx_types import opset_of

    if opset_of(proto) < _OLDEST_OPSET:
        raise ModelError(
            f'{model.name} has opset {opset_of(proto)}, and {_OLDEST_OPSET} or newer can be '
            'fused; export it again, or set fuse to false'
        )
    if proto.ByteSize() > _MOST_BYTES:
        raise ModelError(f'{model.name} is too large to be fused; set fuse to false')
    fold_layers(proto)
    graph = Graph(proto)
    if head is not None:
        _put_before(graph, head, model)
    if tail is not None:
        _put_behind(graph, tail)
    content: bytes = proto.SerializeToString()
    return content


def _load(model: Path) -> Any:
    try:
        import onnx
    except ImportError as error:
        raise BackendUnavailable(
            'fuse needs the package onnx; type: pip install onnx, or set fuse to false'
        ) from error
    try:
        # With its external weights: the fused file lies elsewhere.
        return onnx.load(str(model))
    except Exception as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f'{str(model)!r} cannot be fused, it is no whole ONNX model: {line}. Download or '
            'export it again'
        ) from error


def _put_before(graph: Graph, head: Head, model: Path) -> None:
    """Let the image input take pixels; its name stays."""
    images = graph.inputs()
    if len(images) != 1 or len(images[0].dims) != 4 or not images[0].is_float:
        told = ', '.join(map(str, images))
        raise ModelError(
            f'{model.name} takes {told}; a network of one float image of 4 axes can be fused. '
            'Set fuse to false'
        )
    image = images[0]
    tensor = graph.rename(image.name)
    value = graph.add('Cast', [image.name], to=graph.FLOAT)
    shape = (1, -1, 1, 1) if head.planar else (1, 1, 1, -1)
    if head.planar:
        value = graph.add('Transpose', [value], perm=_NHWC_TO_NCHW)
        image.dims = [image.dims[axis] for axis in (0, 2, 3, 1)]
    if head.swap:
        order = graph.numbers('order', [2, 1, 0])
        value = graph.add('Gather', [value, order], axis=1 if head.planar else 3)
    value = graph.add('Mul', [value, graph.floats('scale', head.scale, shape)])
    value = graph.add('Add', [value, graph.floats('bias', head.bias, shape)])
    # The arithmetic is float32, as that of the encoder; then comes what the network takes.
    graph.add('Cast', [value], to=image.kind, output=tensor)
    graph.put_before(image, graph.UINT8)


def _put_behind(graph: Graph, tail: Tail) -> None:
    """Let an output give the number of the highest class; its name stays."""
    scores = graph.output(tail.output)
    classes, rank = scores.dims[tail.axis], len(scores.dims)
    tensor, axis = graph.winner_source(graph.rename(scores.name), tail.axis, rank)
    # Float16 has no arg-max everywhere, and keeps its order in float32.
    value = graph.add('Cast', [tensor], to=graph.FLOAT)
    value = graph.add('ArgMax', [value], axis=axis, keepdims=1)
    value = graph.arranged(value, axis, tail.axis, rank)
    few = isinstance(classes, int) and classes <= 256
    if few:
        # TensorRT makes uint8 of floats only.
        value = graph.add('Cast', [value], to=graph.FLOAT)
    kind = graph.UINT8 if few else graph.INT32
    graph.add('Cast', [value], to=kind, output=scores.name)
    scores.dims[tail.axis] = 1
    graph.put_behind(scores, kind)
