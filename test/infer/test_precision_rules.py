"""What a model in halves does with names, numbers and graphs within graphs."""

from __future__ import annotations

import logging

from half_models import CHOICE, halved, model_of, REPEAT, run, written
import numpy as np
from onnx import numpy_helper, TensorProto
import pytest

FLOAT16 = TensorProto.FLOAT16


def test_a_constant_that_both_worlds_use_is_there_twice() -> None:
    text = """
    shared (float[1,2] x) => (float[1,2] y)
    <float[1,2] w = {0.1, 0.2}>
    {
        a = Mul (x, w)
        s = Sin (w)
        y = Add (a, s)
    }"""
    model = model_of(text)
    converted = halved(model)
    kinds = {t.name: t.data_type for t in converted.graph.initializer}
    assert kinds == {'w': TensorProto.FLOAT, 'w_fp16': FLOAT16}
    given = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=2e-3)


def test_new_names_do_not_meet_those_of_the_model() -> None:
    text = """
    taken (float[1,2] x) => (float[1,2] y)
    <float[1,2] w = {0.5, 0.25}>
    {
        x_fp16 = Mul (x, w)
        w_fp16 = Relu (x_fp16)
        y_fp16 = Add (w_fp16, x)
        y = Mul (y_fp16, w)
    }"""
    model = model_of(text)
    given = np.array([[1.0, 2.0]], np.float32)
    converted = halved(model)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=2e-3)
    outputs = [name for n in converted.graph.node for name in n.output]
    assert len(outputs) == len(set(outputs))


@pytest.mark.parametrize('choice', [True, False])
def test_both_branches_of_a_choice_are_rewritten(choice: bool) -> None:
    model = model_of(CHOICE)
    converted = halved(model)
    given = {'c': np.array(choice), 'x': np.array([1.5, -0.3], np.float32)}
    np.testing.assert_allclose(run(converted, **given)[0], run(model, **given)[0], rtol=3e-3)
    (chosen,) = [n for n in converted.graph.node if n.op_type == 'If']
    branch = chosen.attribute[0].g
    assert 'w_fp16' in {name for node in branch.node for name in node.input}


def test_features_that_pass_a_choice_between_sizes_are_no_sizes() -> None:
    text = """
    squeeze (float[1,2] x) => (float[1,2] y)
    <float[2,2] w = {0.5, 1, 2, 0.25}, int64 one = {1}, int64 first = {0}>
    {
        size = Shape (x)
        count = Gather (size, first)
        is_one = Equal (count, one)
        a = Relu (x)
        picked = If (is_one) <
            then_branch = as_it_is () => (float[1,2] out) { out = Identity (a) },
            else_branch = other () => (float[1,2] out) { out = Neg (a) }
        >
        y = MatMul (picked, w)
    }"""
    model = model_of(text)
    converted = halved(model)
    assert written(converted, 'MatMul') == {FLOAT16}
    given = np.array([[1.5, -0.3]], np.float32)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=3e-3)


def test_weights_that_are_repeated_by_a_size_are_no_sizes() -> None:
    weights = ', '.join(['0.5'] * 32)
    text = f"""
    repeat (float[n,32] x) => (float[n,32] y)
    <float[1,32] w = {{{weights}}}>
    {{
        size = Shape (x)
        table = Expand (w, size)
        y = Add (x, table)
    }}"""
    converted = halved(model_of(text))
    assert written(converted, 'Expand') == {FLOAT16}
    assert not [t.name for t in converted.graph.initializer if t.data_type == TensorProto.FLOAT]


def test_the_body_of_a_loop_is_rewritten() -> None:
    model = model_of(REPEAT)
    given = np.array([1.5, -0.3], np.float32)
    converted = halved(model)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=3e-3)
    (loop,) = [n for n in converted.graph.node if n.op_type == 'Loop']
    assert 'w_fp16' in {name for node in loop.attribute[0].g.node for name in node.input}


def test_numbers_beyond_the_range_are_named_and_stay_numbers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = """
    mask (float[3] x, bool[3] hide) => (float[3] y)
    <float far_below = {-1e9}, float tiny = {1e-12}>
    {
        masked = Where (hide, far_below, x)
        chances = Softmax (masked)
        safe = Max (chances, tiny)
        y = Div (chances, safe)
    }"""
    model = model_of(text)
    with caplog.at_level(logging.WARNING):
        converted = halved(model)
    assert 'beyond the range of fp16 became its largest number (1)' in caplog.text
    assert 'far_below' in caplog.text
    constants = {t.name: numpy_helper.to_array(t) for t in converted.graph.initializer}
    assert constants['far_below_fp16'] == -65504
    assert constants['tiny_fp16'] > 0
    given = {'x': np.ones(3, np.float32), 'hide': np.array([True, True, True])}
    assert np.isfinite(run(converted, **given)[0]).all()


def test_weights_beyond_the_range_keep_their_node_in_float32() -> None:
    text = """
    wide (float[1,1,2,2] x) => (float[1,1,2,2] y)
    <float[1] one = {1}, float[1] none = {0}, float[1] mean = {90000}, float[1] var = {2e6}>
    {
        y = BatchNormalization (x, one, none, mean, var)
    }"""
    model = model_of(text)
    given = np.full((1, 1, 2, 2), 60000.0, np.float32)
    np.testing.assert_allclose(run(halved(model), x=given)[0], run(model, x=given)[0], rtol=1e-3)


def test_bfloat16_rounds_to_the_nearest_and_spares_the_transposed_convolution() -> None:
    text = """
    up (float[1,1,2,2] x) => (float[1,1,4,4] y)
    <float[1,1,2,2] w = {1.00390625, 1.01171875, 3.4028234663852886e38, -0.3},
     float[1,1,2,2] kernel = {1, 2, 3, 4}>
    {
        a = Mul (x, w)
        y = ConvTranspose <kernel_shape = [2, 2], strides = [2, 2]> (a, kernel)
    }"""
    converted = halved(model_of(text), 'bf16')
    kinds = {t.name: t for t in converted.graph.initializer}
    assert kinds['kernel'].data_type == TensorProto.FLOAT
    half = kinds['w_bf16']
    assert half.data_type == TensorProto.BFLOAT16
    bits = np.frombuffer(half.raw_data, '<u2').astype(np.uint32) << 16
    # The two halfway cases go to even; what would round up to infinity stays a number.
    np.testing.assert_array_equal(
        bits.view(np.float32)[:3], np.array([1.0, 1.015625, 3.3895313892515355e38], np.float32)
    )
    casts = [n for n in converted.graph.node if n.op_type == 'Cast']
    assert [c.attribute[0].i for c in casts] == [TensorProto.BFLOAT16, TensorProto.FLOAT]


def test_an_operator_that_knows_no_halves_stays_in_float32() -> None:
    text = """
    sum (float[4] x) => (float[4] y)
    <int64 axis = {0}>
    {
        a = Relu (x)
        b = CumSum (a, axis)
        y = Neg (b)
    }"""
    # CumSum takes halves from opset 14 on.
    for opset, kind in ((11, TensorProto.FLOAT), (17, FLOAT16)):
        converted = halved(model_of(text, opset))
        assert written(converted, 'CumSum') == {kind}
        assert written(converted, 'Relu') == {FLOAT16}
