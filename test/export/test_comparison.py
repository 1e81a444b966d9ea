"""How far two outputs are from each other, and float64 that is taken out of a network."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.export.comparison import compared
from isaac_seg_py.export.float32_graph import without_float64
from isaac_seg_py.export.writing import LIMIT
import numpy as np
from onnx import helper, load, numpy_helper, TensorProto
import onnxruntime
import pytest
import tiny_models


def test_differences_are_those_of_a_plain_loop() -> None:
    expected = np.array([[[[1.0, 4.0]], [[3.0, 2.0]]]], np.float32)
    found = np.array([[[[1.5, 1.0]], [[3.0, 2.0]]]], np.float32)
    difference = compared('logits', expected, found, 1)
    assert difference.largest == 3.0
    assert difference.mean == 3.5 / 4
    assert difference.magnitude == 4.0
    assert difference.relative == 0.75
    assert difference.same_class == 0.5
    assert str(difference) == (
        'logits [1, 2, 1, 2]: largest difference 3 (of values to 4), mean 0.88, '
        'same class in 50.000%'
    )


def test_small_values_are_measured_against_one() -> None:
    difference = compared('x', np.array([0.001]), np.array([0.002]))
    assert difference.relative == pytest.approx(0.001)
    assert difference.same_class is None


@pytest.mark.parametrize('found', [np.zeros(4), np.array([np.nan, 0, 0])])
def test_another_shape_and_no_number_are_never_close(found: np.ndarray) -> None:
    assert not compared('x', np.zeros(3), found).relative <= LIMIT


def test_a_network_loses_its_float64_and_nothing_else(tmp_path: Path) -> None:
    double = TensorProto.DOUBLE
    half = numpy_helper.from_array(np.array([0.5], np.float64), 'half')
    path = tiny_models.write_model(
        tmp_path / 'double.onnx',
        [
            helper.make_node('Cast', ['x'], ['wide'], to=double),
            helper.make_node('Constant', [], ['half'], value=half),
            helper.make_node('Mul', ['wide', 'half'], ['halves']),
            helper.make_node('Add', ['halves', 'two'], ['sum']),
            helper.make_node('Cast', ['sum'], ['y'], to=TensorProto.FLOAT),
            helper.make_node('Shape', ['x'], ['shape']),
        ],
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, [2])],
        [
            helper.make_tensor_value_info('y', TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info('sum', double, [2]),
            helper.make_tensor_value_info('shape', TensorProto.INT64, [1]),
        ],
        {'two': np.array([2.0, 3.0], np.float64)},
    )
    without_float64(path)
    assert double not in {tensor.data_type for tensor in load(str(path)).graph.initializer}
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    y, total, shape = session.run(None, {'x': np.array([4, 6], np.float32)})
    assert y.tolist() == [4.0, 6.0]
    assert total.dtype == np.float32
    assert shape.dtype == np.int64
