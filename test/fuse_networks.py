"""Small networks to fuse, and what a fused one has to give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.fuse import Head, Tail
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto

SIZE = (12, 16)
SCALE, BIAS = (0.017, 0.018, 0.016), (-2.1, -1.9, -1.8)
HEAD = Head(planar=True, swap=False, scale=SCALE, bias=BIAS)
TAIL = Tail('scores', 1)
Array = np.ndarray[Any, Any]


def network(
    path: Path,
    end: Sequence[tuple[str, dict[str, Any]]] = (),
    *,
    classes: int = 5,
    planar: bool = True,
    batch: int | str = 1,
    half: bool = False,
    opset: int = 17,
) -> Path:
    """Write a convolution with what is put behind it; channels first or last at both ends."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    numbers = np.random.default_rng(7)
    weight = numbers.standard_normal((classes, 3, 3, 3)).astype(np.float16 if half else np.float32)
    nodes = [helper.make_node('Conv', ['x', 'weight'], ['y0'], pads=[1, 1, 1, 1])]
    nodes += [
        helper.make_node(op, [f'y{n}'], [f'y{n + 1}'], **more) for n, (op, more) in enumerate(end)
    ]
    last = f'y{len(end)}'
    last_kind = TensorProto.FLOAT if 'Cast' in dict(end) else kind
    if planar:
        nodes[0].input[0], nodes[-1].output[0] = 'image', 'scores'
        shapes = [batch, 3, *SIZE], [batch, classes, *SIZE]
    else:
        turn = helper.make_node('Transpose', ['image'], ['x'], perm=[0, 3, 1, 2])
        back = helper.make_node('Transpose', [last], ['scores'], perm=[0, 2, 3, 1])
        nodes = [turn, *nodes, back]
        shapes = [batch, *SIZE, 3], [batch, *SIZE, classes]
    graph = helper.make_graph(
        nodes, 'net',
        [helper.make_tensor_value_info('image', kind, shapes[0])],
        [helper.make_tensor_value_info('scores', last_kind, shapes[1])],
        [numpy_helper.from_array(weight, 'weight')],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def run(path: Path, array: Array) -> Array:
    """Return the only output of a network of one input."""
    with open_backend(path, backend='onnxruntime', threads=1) as opened:
        return next(iter(opened(Tensors({'image': array})).arrays.values()))


def pixels(batch: int = 1) -> Array:
    """Return an image as it comes, the same each time."""
    return np.random.default_rng(8).integers(0, 256, (batch, *SIZE, 3), np.uint8)


def normalized(image: Array, head: Head) -> Array:
    """Return what the encoder would make of the pixels."""
    image = image[..., ::-1] if head.swap else image
    floats = image * np.float32(head.scale) + np.float32(head.bias)
    return np.ascontiguousarray(floats.transpose(0, 3, 1, 2) if head.planar else floats)


def operators(path: Path) -> list[str]:
    """Return the operators of a network that is checked first."""
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    return [node.op_type for node in model.graph.node]
