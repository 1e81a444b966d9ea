"""Fused networks give what the plain ones give, in any form that networks come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fuse_networks import BIAS, HEAD, network, normalized, operators, pixels, run, SCALE, TAIL
from isaac_seg_py import Segmenter
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.fuse import fused_file, Head, Tail
from isaac_seg_py.infer.trt_build import build_engine
from isaac_seg_py.infer.trt_library import open_library
import numpy as np
import onnx
from onnx import TensorProto
import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the fused files of a test to itself."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    return tmp_path / 'engines/fused'


SOFTMAX = [('Softmax', {'axis': 1})]
VARIANTS = {
    'plain': {},
    'softmax': {'end': SOFTMAX},
    'softmax counted from the end': {'end': [('Softmax', {'axis': -3})]},
    'log of softmax': {'end': [('LogSoftmax', {'axis': 1})]},
    'softmax of an old opset': {'end': SOFTMAX, 'opset': 11},
    'softmax along another axis': {'end': [('Softmax', {'axis': 2})]},
    'sigmoid': {'end': [('Sigmoid', {})]},
    'channels last': {'planar': False},
    'channels last, softmax': {'planar': False, 'end': SOFTMAX},
    'any batch': {'batch': 'n'},
    '256 classes': {'classes': 256},
    '300 classes': {'classes': 300},
    'half precision': {'half': True},
    'half precision inside': {'half': True, 'end': [('Cast', {'to': TensorProto.FLOAT})]},
}


@pytest.mark.parametrize('swap', [False, True], ids=['rgb', 'bgr'])
@pytest.mark.parametrize('variant', VARIANTS.values(), ids=list(VARIANTS))
def test_a_fused_network_gives_the_winners_of_the_plain_one(
    tmp_path: Path, variant: dict[str, Any], swap: bool
) -> None:
    path = network(tmp_path / 'net.onnx', **variant)
    planar = variant.get('planar', True)
    head = Head(planar=planar, swap=swap, scale=SCALE, bias=BIAS)
    axis = 1 if planar else 3
    fused = fused_file(path, head, Tail('scores', axis))
    operators(fused)
    image = pixels(2 if variant.get('batch') == 'n' else 1)
    tensor = normalized(image, head).astype(np.float16 if variant.get('half') else np.float32)
    expected = run(path, tensor).argmax(axis, keepdims=True)
    found = run(fused, image)
    assert found.dtype == (np.int32 if variant.get('classes', 5) > 256 else np.uint8)
    assert len(np.unique(found)) > 3
    np.testing.assert_array_equal(found, expected)


def test_the_head_alone_gives_the_same_scores_to_the_last_bit(tmp_path: Path) -> None:
    path = network(tmp_path / 'net.onnx', SOFTMAX)
    found = run(fused_file(path, HEAD, None), pixels())
    np.testing.assert_array_equal(found, run(path, normalized(pixels(), HEAD)))


@pytest.mark.parametrize('planar', [True, False])
def test_a_softmax_before_the_winner_is_left_out(tmp_path: Path, planar: bool) -> None:
    path = network(tmp_path / 'net.onnx', SOFTMAX, planar=planar)
    fused = fused_file(path, None, Tail('scores', 1 if planar else 3))
    assert 'Softmax' not in operators(fused)
    unet = find_manifest('tiny-unet').model_file()
    # There it is written out: ReduceMax, Sub, Exp, ReduceSum, Div.
    assert 'Exp' in operators(unet)
    assert 'Exp' not in operators(fused_file(unet, None, TAIL))


@pytest.mark.parametrize(
    'variant', [{'end': SOFTMAX, 'opset': 11}, {'end': [('Softmax', {'axis': 2})]}]
)
def test_a_softmax_that_may_change_the_winner_stays(
    tmp_path: Path, variant: dict[str, Any]
) -> None:
    path = network(tmp_path / 'net.onnx', **variant)
    assert 'Softmax' in operators(fused_file(path, None, TAIL))


def test_tensorrt_takes_what_was_fused(tmp_path: Path) -> None:
    """TensorRT has uint8 only at the ends of a network, next to a cast from or to floats."""
    pytest.importorskip('tensorrt_rtx', reason='tensorrt-rtx-cu13 is not installed')
    unet = find_manifest('tiny-unet').model_file()
    head = Head(planar=True, swap=True, scale=SCALE, bias=BIAS)
    options = EngineOptions(precision='fp16', compute_capabilities=('8.9',))
    facts = build_engine(fused_file(unet, head, TAIL), options, open_library('tensorrt-rtx')).facts
    assert [(t['dtype'], t['shape']) for t in (*facts['inputs'], *facts['outputs'])] == [
        ('UINT8', [1, 240, 320, 3]),
        ('UINT8', [1, 1, 240, 320]),
    ]


def test_names_of_the_graph_are_left_alone(tmp_path: Path) -> None:
    """Names that fusing would take, a graph within the graph, an input that is read twice."""
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        net (float[1, 3, 12, 16] image) => (float[1, 3, 12, 16] scores)
        <float[1] scale = {2.0}, bool yes = {1}> {
            fused_cast = Mul (image, scale)
            inner = If (yes) <
                then_branch = one () => (float[1, 3, 12, 16] a) { a = Add (image, fused_cast) },
                else_branch = two () => (float[1, 3, 12, 16] b) { b = Identity (image) }
            >
            scores = Sub (inner, image)
        }
    """
    model = onnx.parser.parse_model(text)
    for old, new in (('fused_cast', 'fused/cast'), ('scale', 'fused/scale')):
        rename(model.graph, old, new)
    path = tmp_path / 'net.onnx'
    onnx.save(model, str(path))
    fused = fused_file(path, HEAD, TAIL)
    operators(fused)
    expected = run(path, normalized(pixels(), HEAD)).argmax(1, keepdims=True)
    np.testing.assert_array_equal(run(fused, pixels()), expected)


def rename(graph: Any, old: str, new: str) -> None:
    for tensor in graph.initializer:
        tensor.name = new if tensor.name == old else tensor.name
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
        for attribute in node.attribute:
            if attribute.HasField('g'):
                rename(attribute.g, old, new)


def test_a_network_that_is_fused_already_stays_as_it_is(tmp_path: Path) -> None:
    path = network(tmp_path / 'net.onnx')
    again = fused_file(path, HEAD, TAIL)
    with Segmenter.open(str(again), fuse=True, filter_mode='point') as segment:
        found = segment(pixels()[0]).labels
    np.testing.assert_array_equal(found, run(again, pixels())[0, 0])
