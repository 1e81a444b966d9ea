"""Which files are rewritten, which are left alone, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path

from half_models import halved, image, model_of, run
from isaac_seg_py.errors import BackendUnavailable, ModelError
from isaac_seg_py.infer.precision import convert_file, convert_model, prepared
import numpy as np
import onnx
from onnx import TensorProto
import pytest
import tiny_models

UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
FLOAT16 = TensorProto.FLOAT16


def test_a_model_that_has_its_types_on_purpose_stays_as_it_is() -> None:
    quantised = model_of("""
    q (float[1,2] x) => (float[1,2] y)
    <float s = {0.1}, int8 z = {0}>
    {
        a = QuantizeLinear (x, s, z)
        b = DequantizeLinear (a, s, z)
        y = Relu (b)
    }""")
    assert halved(quantised) == quantised
    mixed = halved(onnx.load(str(UNET)))
    assert halved(mixed) == mixed


def test_old_and_odd_files_are_understood() -> None:
    # Opset 9: Upsample takes its scales as a tensor; weights stand among the inputs too.
    text = """
    old (float[1,1,2,2] x, float[4] scales) => (float[1,1,4,4] y)
    <float[4] scales = {1, 1, 2, 2}>
    {
        a = Relu (x)
        y = Upsample <mode = "nearest"> (a, scales)
    }"""
    model = model_of(text, opset=9)
    converted = convert_model(model_of(text, opset=9), 'fp16')
    given = image(1, 1, 2, 2)
    np.testing.assert_allclose(run(converted, x=given)[0], run(model, x=given)[0], rtol=1e-3)
    assert [value.name for value in converted.graph.input] == ['x']
    # An operator that nobody knows keeps float32 on both sides.
    model = model_of('odd (float[2] x) => (float[2] y) { a = Relu (x)  y = acme.Foo (a) }')
    model.opset_import.add(domain='acme', version=1)
    converted = convert_model(model, 'fp16')
    assert [n.op_type for n in converted.graph.node] == ['Cast', 'Relu', 'Cast', 'Foo']


def test_weights_beside_the_model_are_read(tmp_path: Path) -> None:
    model = onnx.load(str(UNET))
    path = tmp_path / 'split.onnx'
    onnx.save(model, str(path), save_as_external_data=True, location='split.weights')
    converted = onnx.load(str(convert_file(path, tmp_path / 'half.onnx', 'fp16')))
    given = image(1, 3, 240, 320)
    (expected,), (got,) = run(onnx.load(str(UNET)), image=given), run(converted, image=given)
    assert np.mean(got.argmax(1) == expected.argmax(1)) >= 0.999
    (tmp_path / 'split.weights').unlink()
    with pytest.raises(ModelError, match=r'split\.onnx'):
        convert_file(path, tmp_path / 'half.onnx', 'fp16')


def test_a_file_is_prepared_only_where_it_must_be(tmp_path: Path) -> None:
    path = tiny_models.doubler(tmp_path / 'model.onnx')
    with prepared(path, 'tf32') as same:
        assert same == path
    with prepared(path, 'fp16') as other:
        assert other != path
        assert other.is_file()
    assert not other.exists()
    path.write_bytes(b'no model')
    with (
        pytest.raises(ModelError, match='cannot be read as an ONNX model'),
        prepared(path, 'fp16'),
    ):
        pass


def test_without_onnx_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__('sys').modules, 'onnx', None)
    with pytest.raises(BackendUnavailable, match='pip install onnx'):
        convert_file(tmp_path / 'a.onnx', tmp_path / 'b.onnx', 'fp16')
