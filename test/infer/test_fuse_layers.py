"""Layers that are folded say what they said before, and only those are that may be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuse_layer_networks import head, Layers, mixed, SIZE, WIDTH
from fuse_networks import HEAD, normalized, operators, run, TAIL
from isaac_seg_py.infer.fuse import fused_file
from isaac_seg_py.infer.fuse_layers import fold_file
import numpy as np
import onnx
from onnx import numpy_helper, TensorProto
import pytest


def picture(size: Sequence[int] = SIZE, batch: int = 1, kind: type = np.float32) -> Any:
    return np.random.default_rng(9).standard_normal((batch, 3, *size)).astype(kind)


def relu(net: Layers, x: str, scale: int) -> str:
    return net.add('Relu', x) if scale == 1 else x


VARIANTS: dict[str, dict[str, Any]] = {
    'tokens': {},
    'convolutions': {'tokens': False},
    'no batch norm': {'norm': False},
    'no biases': {'biased': False},
    'no biases of convolutions': {'biased': False, 'tokens': False},
    'odd sizes': {'size': (31, 57)},
    'free sizes': {'size': ('h', 'w'), 'batch': 'n'},
    'free sizes of convolutions': {'size': ('h', 'w'), 'batch': 'n', 'tokens': False},
    'free batch': {'batch': 'n'},
    'corners': {'mode': 'align_corners'},
    'the first scale as it is': {'own_size': False},
}


@pytest.mark.parametrize('variant', VARIANTS.values(), ids=list(VARIANTS))
def test_a_folded_head_says_the_same(tmp_path: Path, variant: dict[str, Any]) -> None:
    path = head(tmp_path / 'net.onnx', **variant)
    free = isinstance(variant.get('size', (1,))[0], str)
    pictures = [picture((33, 50)), picture((16, 64))]
    if not free:
        pictures = [picture(variant.get('size', SIZE))]
    if variant.get('batch') == 'n':
        pictures.append(picture(SIZE, 3))
    expected = [run(path, one) for one in pictures]
    assert fold_file(path)
    kinds = operators(path)
    # Those of sizes stay; the one of channels is gone, and so is enlarging to the same size.
    assert kinds.count('Resize') == 2
    assert 'BatchNormalization' not in kinds
    assert 'MatMul' not in kinds
    assert [n.name for n in onnx.load(str(path)).graph.node if 'joined' in n.output] == []
    for one, scores in zip(pictures, expected, strict=True):
        np.testing.assert_allclose(run(path, one), scores, atol=1e-5 * np.abs(scores).max())


def test_halves_stay_halves(tmp_path: Path) -> None:
    path = head(tmp_path / 'net.onnx', kind=np.float16)
    expected = run(path, picture(kind=np.float16))
    assert fold_file(path)
    weights = onnx.load(str(path)).graph.initializer
    assert {one.data_type for one in weights} == {TensorProto.FLOAT16, TensorProto.INT64}
    found = run(path, picture(kind=np.float16))
    np.testing.assert_allclose(found, expected, atol=1e-2 * np.abs(expected).max())


OTHERS: dict[str, dict[str, Any]] = {
    'a branch that is not linear': {'change': relu},
    'a branch that is read elsewhere': {'seen': 'branch'},
    'all branches read elsewhere': {'seen': 'joined'},
    'a mode with a value beyond the edge': {'mode': 'tf_crop_and_resize'},
    'other widths': {'widths': (WIDTH + 1, WIDTH - 1, WIDTH)},
}


@pytest.mark.parametrize('tokens', [True, False], ids=['tokens', 'convolutions'])
@pytest.mark.parametrize('variant', OTHERS.values(), ids=list(OTHERS))
def test_what_may_not_be_folded_is_left(
    tmp_path: Path, variant: dict[str, Any], tokens: bool
) -> None:
    path = tmp_path / 'net.onnx'
    if variant.get('mode') == 'tf_crop_and_resize':
        head(path, tokens=tokens)
        crop(path)
    else:
        head(path, tokens=tokens, **variant)
    fold_file(path)
    last = next(n for n in onnx.load(str(path)).graph.node if 'both' in n.output)
    assert last.input[0] == 'joined'


def crop(path: Path) -> None:
    """Let the enlarging look beyond the edge, where another value stands."""
    model = onnx.load(str(path))
    roi = np.array([0, 0, 0, 0, 1, 1, 1.5, 1.5], np.float32)
    model.graph.initializer.append(numpy_helper.from_array(roi, 'roi'))
    for node in model.graph.node:
        if node.op_type == 'Resize':
            node.input[1] = 'roi'
            for one in node.attribute:
                if one.name == 'coordinate_transformation_mode':
                    one.s = b'tf_crop_and_resize'
    onnx.save(model, str(path))


def test_it_is_part_of_fusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    path = head(tmp_path / 'net.onnx')
    image = np.random.default_rng(8).integers(0, 256, (1, *SIZE, 3), np.uint8)
    expected = run(path, normalized(image, HEAD))
    fused = fused_file(path, HEAD, None)
    assert 'MatMul' in operators(path)
    assert 'MatMul' not in operators(fused)
    np.testing.assert_allclose(run(fused, image), expected, atol=1e-5 * np.abs(expected).max())
    both = run(fused_file(path, HEAD, TAIL), image)
    sure = np.diff(np.sort(expected, 1)[:, -2:], axis=1) > 1e-4
    np.testing.assert_array_equal(both[sure], expected.argmax(1)[:, None][sure])


MIXED = {
    'as it is': ([], True),
    'by way of an activation': (['Gelu by hand'], True),
    'by way of a number for each channel': (['numbers'], False),
    'by way of a norm': (['LayerNormalization'], False),
}


@pytest.mark.parametrize(('between', 'changes'), MIXED.values(), ids=list(MIXED))
@pytest.mark.parametrize('batch', [1, 'n'])
def test_layers_of_tokens_beside_an_image_become_convolutions(
    tmp_path: Path, between: list[str], changes: bool, batch: int | str
) -> None:
    path = mixed(tmp_path / 'net.onnx', between, batch, (6, 7))
    pictures = [picture((6, 7))] + [picture((6, 7), 3)] * (batch == 'n')
    expected = [run(path, one) for one in pictures]
    assert fold_file(path)
    # The layer before the image has few channels in, the one behind it few out.
    assert operators(path).count('MatMul') == (0 if changes else 1)
    for one, scores in zip(pictures, expected, strict=True):
        np.testing.assert_allclose(run(path, one), scores, atol=1e-5 * np.abs(scores).max())


def test_an_image_of_any_size_gets_no_fixed_one(tmp_path: Path) -> None:
    path = mixed(tmp_path / 'net.onnx', [], 'n', ('h', 'w'))
    pictures = [picture((6, 7)), picture((160, 224)), picture((5, 3), 2)]
    expected = [run(path, one) for one in pictures]
    # What was an image can be one still, of whatever size; what becomes one needs its size.
    assert fold_file(path)
    assert operators(path).count('MatMul') == 1
    for one, scores in zip(pictures, expected, strict=True):
        np.testing.assert_allclose(run(path, one), scores, atol=1e-5 * np.abs(scores).max())
