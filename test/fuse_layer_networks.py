"""Networks with layers to fold: a head like SegFormer's, and a block of tokens and images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto

WIDTH, CLASSES = 6, 5
CHANNELS = (3, 4, 5)
SIZE = (24, 40)


class Layers:
    """Nodes that follow one another, with weights by chance."""

    def __init__(self, kind: type = np.float32) -> None:
        self.kind = kind
        self.numbers = np.random.default_rng(800_031)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, *inputs: str, output: str = '', **more: Any) -> str:
        output = output or f't{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f'n_{output}', **more))
        return output

    def weight(self, *shape: int, positive: bool = False) -> str:
        values = self.numbers.standard_normal(shape)
        return self.constant((np.abs(values) + 0.1 if positive else values).astype(self.kind))

    def constant(self, values: Any) -> str:
        name = f'w{len(self.weights)}'
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name


def head(
    path: Path,
    *,
    tokens: bool = True,
    norm: bool = True,
    biased: bool = True,
    size: tuple[int | str, int | str] = SIZE,
    batch: int | str = 1,
    kind: type = np.float32,
    mode: str = 'half_pixel',
    own_size: bool = True,
    change: Callable[[Layers, str, int], str] | None = None,
    widths: Sequence[int] = (WIDTH, WIDTH, WIDTH),
    seen: str = '',
) -> Path:
    """
    Write a network of three scales with a head like SegFormer's.

    `change` acts on a branch; `seen` is another output, `joined` or a `branch`.
    """
    net = Layers(kind)
    image, branches, whole = 'image', [], ''
    for scale, (channels, width) in enumerate(zip(CHANNELS, widths, strict=True)):
        weights = net.weight(channels, CHANNELS[scale - 1] if scale else 3, 3, 3)
        image = net.add('Conv', image, weights, pads=[1] * 4, strides=[2, 2])
        image = net.add('Tanh', image)
        x = branch(net, image, (channels, width), tokens=tokens, biased=biased)
        x = change(net, x, scale) if change else x
        if seen == 'branch' and scale == 1:
            net.add('Identity', x, output=seen)
        if not scale:
            of_first = net.add('Shape', image)
            whole = net.add('Slice', of_first, net.constant([2]), net.constant([4]))
        if scale or own_size:
            start = net.add('Slice', net.add('Shape', x), net.constant([0]), net.constant([2]))
            sizes = net.add('Concat', start, whole, axis=0)
            x = net.add('Resize', x, '', '', sizes, mode='linear',
                        coordinate_transformation_mode=mode)  # fmt: skip
        branches.append(x)
    x = net.add('Concat', *reversed(branches), axis=1, output='joined')
    x = net.add('Conv', x, net.weight(WIDTH, sum(widths), 1, 1), output='both')
    if norm:
        values = [net.weight(WIDTH, positive=n == 3) for n in range(4)]
        x = net.add('BatchNormalization', x, *values, epsilon=1e-3)
    x = net.add('Relu', x)
    net.add('Conv', x, net.weight(CLASSES, WIDTH, 1, 1), net.weight(CLASSES), output='scores')
    number = TensorProto.FLOAT16 if kind is np.float16 else TensorProto.FLOAT
    outputs = [helper.make_tensor_value_info('scores', number, [None, CLASSES, None, None])]
    if seen:
        outputs.append(helper.make_tensor_value_info(seen, number, [None] * 4))
    given = helper.make_tensor_value_info('image', number, [batch, 3, *size])
    return saved(path, net, given, outputs)


def branch(net: Layers, image: str, widths: tuple[int, int], *, tokens: bool, biased: bool) -> str:
    """Add a linear layer, as Conv or as exporters write one of tokens."""
    few, many = widths
    if not tokens:
        bias = [net.weight(many)] if biased else []
        return net.add('Conv', image, net.weight(many, few, 1, 1), *bias)
    shape = net.add('Shape', image)
    batch = net.add('Slice', shape, net.constant([0]), net.constant([1]))
    size = net.add('Slice', shape, net.constant([2]), net.constant([4]))
    flat = net.add('Concat', batch, net.constant([few]), net.constant([-1]), axis=0)
    x = net.add('Transpose', net.add('Reshape', image, flat), perm=[0, 2, 1])
    x = net.add('MatMul', x, net.weight(few, many))
    if biased:
        x = net.add('Add', net.weight(many), x)
    x = net.add('Transpose', x, perm=[0, 2, 1])
    back = net.add('Concat', batch, net.constant([many]), size, axis=0)
    return net.add('Reshape', x, back)


def mixed(
    path: Path, between: Sequence[str], batch: int | str, size: tuple[int | str, int | str]
) -> Path:
    """Write a block as SegFormer has: tokens, a wide image with a convolution, tokens again."""
    net = Layers()
    shape = net.constant([0, 3, -1])
    x = net.add('Transpose', net.add('Reshape', 'image', shape), perm=[0, 2, 1])
    x = net.add('LayerNormalization', x, net.weight(3), net.weight(3))
    x = net.add('Add', net.weight(12), net.add('MatMul', x, net.weight(3, 12)))
    x = net.add('Transpose', x, perm=[0, 2, 1])
    same = net.add('Slice', net.add('Shape', 'image'), net.constant([2]), net.constant([4]))
    x = net.add('Reshape', x, net.add('Concat', net.constant([0, 12]), same, axis=0))
    x = net.add('Conv', x, net.weight(12, 1, 3, 3), pads=[1] * 4, group=12)
    x = net.add('Transpose', net.add('Reshape', x, net.constant([0, 12, -1])), perm=[0, 2, 1])
    for what in between:
        if what == 'Gelu by hand':
            erf = net.add('Erf', net.add('Div', x, net.constant(np.float32(1.4142))))
            up = net.add('Add', erf, net.constant(np.float32(1)))
            x = net.add('Mul', net.add('Mul', x, up), net.constant(np.float32(0.5)))
        elif what == 'numbers':
            x = net.add('Mul', x, net.weight(12))
        else:
            x = net.add(what, x, net.weight(12), net.weight(12))
    x = net.add('Add', net.add('MatMul', x, net.weight(12, 3)), net.weight(3))
    x = net.add('LayerNormalization', x, net.weight(3), net.weight(3), output='scores')
    given = helper.make_tensor_value_info('image', TensorProto.FLOAT, [batch, 3, *size])
    outputs = [helper.make_tensor_value_info('scores', TensorProto.FLOAT, [batch, None, 3])]
    return saved(path, net, given, outputs)


def saved(path: Path, net: Layers, given: Any, outputs: Sequence[Any]) -> Path:
    """Write nodes and weights as a network of one input."""
    graph = helper.make_graph(net.nodes, 'net', [given], outputs, net.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
