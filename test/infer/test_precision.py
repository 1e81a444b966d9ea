"""Models written in fp16 and bf16 give what ONNX Runtime computes in float32."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from attention_model import attention_model
from half_models import halved, image, model_of, run, written
import numpy as np
import onnx
from onnx import TensorProto
import pytest

UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
FLOAT16 = TensorProto.FLOAT16


def test_the_unet_in_halves_finds_the_same_classes() -> None:
    model = onnx.load(str(UNET))
    converted = halved(model)
    given = image(1, 3, 240, 320) * 2 - 1
    (expected,) = run(model, image=given)
    (got,) = run(converted, image=given)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=5e-3)
    assert np.mean(got.argmax(1) == expected.argmax(1)) >= 0.999
    assert written(converted, 'Conv') == {FLOAT16}
    # One cast at each border: a cast between two layers would cost a pass over the memory.
    assert Counter(n.op_type for n in converted.graph.node)['Cast'] == 2
    # The weights lose half their bytes; nothing of the old ones is left behind.
    assert converted.ByteSize() < 0.56 * model.ByteSize()


@pytest.mark.parametrize('size', [(32, 32), (64, 96)])
def test_attention_in_halves_finds_the_same_classes_at_any_size(size: tuple[int, int]) -> None:
    model = attention_model()
    converted = halved(model)
    given = image(1, 3, *size)
    (expected,) = run(model, image=given)
    (got,) = run(converted, image=given)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 5e-3 * np.abs(expected).max()
    assert np.mean(got.argmax(1) == expected.argmax(1)) >= 0.998
    for op_type in ('MatMul', 'Softmax', 'LayerNormalization'):
        # Not pinned: that would keep TensorRT from fusing the attention.
        assert written(converted, op_type) == {FLOAT16}


def test_sines_and_sizes_stay_in_float32() -> None:
    converted = halved(attention_model())
    for op_type in ('Sin', 'Cos', 'Floor', 'Range'):
        assert FLOAT16 not in written(converted, op_type)
    resize = next(n for n in converted.graph.node if n.op_type == 'Resize')
    assert resize.input[1:] == ['', '', 'sizes']


def test_region_and_scales_of_a_resize_stay_in_float32() -> None:
    text = """
    crop (float[1,1,8,8] x) => (float[1,1,4,4] y)
    <float[8] region = {0, 0, 0.2501, 0.2501, 1, 1, 0.7499, 0.7499},
     int64[4] sizes = {1, 1, 4, 4}>
    {
        a = Relu (x)
        y = Resize <mode = "linear", coordinate_transformation_mode = "tf_crop_and_resize">
            (a, region, , sizes)
    }"""
    model = model_of(text)
    converted = halved(model)
    (resize,) = [n for n in converted.graph.node if n.op_type == 'Resize']
    assert resize.input[1] == 'region'
    assert written(converted, 'Resize') == {FLOAT16}
    given = image(1, 1, 8, 8)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=2e-3)


def test_places_to_sample_at_keep_their_place() -> None:
    text = """
    sample (float[1,1,1,2000] x, float[1,1,3,2] places) => (float[1,1,1,3] y)
    <float two = {2}, float one = {1}>
    {
        twice = Mul (places, two)
        grid = Sub (twice, one)
        a = Relu (x)
        y = GridSample <align_corners = 1> (a, grid)
    }"""
    model = model_of(text)
    steps = np.arange(2000, dtype=np.float32).reshape(1, 1, 1, 2000)
    places = np.array([[[[0.123, 0.5], [0.777, 0.5], [0.9995, 0.5]]]], np.float32)
    (expected,) = run(model, x=steps, places=places)
    converted = halved(model)
    (got,) = run(converted, x=steps, places=places)
    # In halves, the places would be off by half a step of the map and more.
    np.testing.assert_allclose(got, expected, atol=1e-2)
    assert written(converted, 'Relu') == {FLOAT16}


def test_coordinates_keep_their_place() -> None:
    text = """
    where (float[1,2] points) => (float[1,3] seen)
    <float[2,3] matrix = {0.61, 0.83, -0.27, 0.39, -0.71, 0.5}, float turn = {6.2831853}>
    {
        turned = MatMul (points, matrix)
        angles = Mul (turned, turn)
        sines = Sin (angles)
        seen = Mul (sines, turn)
    }"""
    model = model_of(text)
    points = np.array([[1013.3, 977.7]], np.float32)
    (expected,) = run(model, points=points)
    (got,) = run(halved(model), points=points)
    np.testing.assert_allclose(got, expected, atol=6e-3)
    assert written(halved(model), 'MatMul') == {TensorProto.FLOAT}


@pytest.mark.parametrize('keep', ['Softmax', '*atten*'])
def test_what_is_kept_stays_in_float32(keep: str) -> None:
    text = """
    kept (float[1,4] x) => (float[1,4] y)
    {
        a = Relu (x)
        b = Softmax (a)
        y = Mul (b, a)
    }"""
    model = model_of(text)
    model.graph.node[1].name = '/block/attention'
    converted = halved(model, keep=(keep,))
    assert written(converted, 'Softmax') == {TensorProto.FLOAT}
    assert written(converted, 'Relu') == {FLOAT16}
    given = np.array([[1.0, -2.0, 0.5, 3.0]], np.float32)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=2e-3)
