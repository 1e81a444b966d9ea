"""ONNX files of a few hundred bytes with answers known by heart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import checker, helper, numpy_helper, save, TensorProto

FLOAT = TensorProto.FLOAT


def write_model(
    path: Path,
    nodes: Sequence[object],
    inputs: Sequence[object],
    outputs: Sequence[object],
    constants: dict[str, np.ndarray] | None = None,
) -> Path:
    """Write a checked model."""
    initializers = [numpy_helper.from_array(a, name) for name, a in (constants or {}).items()]
    graph = helper.make_graph(nodes, 'tiny', inputs, outputs, initializers)
    opset = [helper.make_opsetid('', 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    checker.check_model(model)
    save(model, str(path))
    return path


def brightest_channel(path: Path, size: tuple[int, int] = (6, 8)) -> Path:
    """Give each pixel's own channels as its scores: red is class 0, green 1, blue 2."""
    shape = [1, 3, *size]
    return write_model(
        path,
        [helper.make_node('Identity', ['image'], ['scores'])],
        [helper.make_tensor_value_info('image', FLOAT, shape)],
        [helper.make_tensor_value_info('scores', FLOAT, shape)],
    )


def doubler(path: Path) -> Path:
    """Give twice the input, of any batch."""
    return write_model(
        path,
        [helper.make_node('Add', ['x', 'x'], ['y'])],
        [helper.make_tensor_value_info('x', FLOAT, ['n', 2])],
        [helper.make_tensor_value_info('y', FLOAT, ['n', 2])],
    )


def negative(path: Path) -> Path:
    """Give the input with the other sign, of any batch."""
    return write_model(
        path,
        [helper.make_node('Neg', ['x'], ['y'])],
        [helper.make_tensor_value_info('x', FLOAT, ['n', 2])],
        [helper.make_tensor_value_info('y', FLOAT, ['n', 2])],
    )


def sum_and_difference(path: Path) -> Path:
    """Take two inputs and give two outputs."""
    spec = helper.make_tensor_value_info
    return write_model(
        path,
        [
            helper.make_node('Add', ['a', 'b'], ['total']),
            helper.make_node('Sub', ['a', 'b'], ['rest']),
        ],
        [spec('a', FLOAT, [2]), spec('b', FLOAT, [2])],
        [spec('total', FLOAT, [2]), spec('rest', FLOAT, [2])],
    )


def highest_class(path: Path) -> Path:
    """Give the class of the highest channel as int64 [1, 1, H, W], as PeopleSemSegFormer does."""
    return write_model(
        path,
        [helper.make_node('ArgMax', ['image'], ['classes'], axis=1, keepdims=1)],
        [helper.make_tensor_value_info('image', FLOAT, [1, 3, 4, 6])],
        [helper.make_tensor_value_info('classes', TensorProto.INT64, [1, 1, 4, 6])],
    )


def last_axis_bytes(path: Path) -> Path:
    """Take uint8 [1, H, W, 3] and give it back, as a fused network may."""
    shape = [1, 4, 6, 3]
    return write_model(
        path,
        [helper.make_node('Identity', ['pixels'], ['same'])],
        [helper.make_tensor_value_info('pixels', TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info('same', TensorProto.UINT8, shape)],
    )


def coarse_channels(path: Path, names: tuple[str, str], size: tuple[int, int]) -> Path:
    """Give each channel's mean over 4x4 pixels: what a SegFormer and a segNet put out."""
    height, width = size
    pool = {'kernel_shape': [4, 4], 'strides': [4, 4]}
    return write_model(
        path,
        [helper.make_node('AveragePool', [names[0]], [names[1]], **pool)],
        [helper.make_tensor_value_info(names[0], FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info(names[1], FLOAT, [1, 3, height // 4, width // 4])],
    )


def colored_objects(path: Path, boxes: Sequence[Sequence[float]], side: int = 64) -> Path:
    """
    Find what is red, green and blue in three boxes (corners on the canvas), as YOLO-seg does.

    The output is that of a network that chooses boxes itself; two more boxes have no score. An
    object's score is 0.9, 0.8 or 0.7 of the brightest value of its channel.
    """
    spare = 2
    fixed = {
        'boxes': np.array([*boxes, *[[0, 0, 1, 1]] * spare], np.float32)[np.newaxis],
        'best': np.array([0.9, 0.8, 0.7, 0, 0], np.float32).reshape(1, 5, 1),
        'classes': np.array([0, 1, 2, 0, 0], np.float32).reshape(1, 5, 1),
        'weights': np.vstack([20 * np.eye(3) - 10, np.zeros((spare, 3))])[np.newaxis].astype('f4'),
        'shape': np.array([1, 3, 1], np.int64),
        'more': np.zeros((1, spare, 1), np.float32),
    }
    node, spec = helper.make_node, helper.make_tensor_value_info
    return write_model(
        path,
        [
            node('AveragePool', ['images'], ['output1'], kernel_shape=[4, 4], strides=[4, 4]),
            node('GlobalMaxPool', ['output1'], ['brightest']),
            node('Reshape', ['brightest', 'shape'], ['column']),
            node('Concat', ['column', 'more'], ['padded'], axis=1),
            node('Mul', ['padded', 'best'], ['scores']),
            node('Concat', ['boxes', 'scores', 'classes', 'weights'], ['output0'], axis=2),
        ],
        [spec('images', FLOAT, [1, 3, side, side])],
        [
            spec('output0', FLOAT, [1, 5, 9]),
            spec('output1', FLOAT, [1, 3, side // 4, side // 4]),
        ],
        fixed,
    )
