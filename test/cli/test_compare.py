"""`isaac-seg compare`: two precisions of a model side by side, on real images."""

from __future__ import annotations

import json
from pathlib import Path

from attention_model import write_attention_model
from isaac_seg_py.cli.main import main
from isaac_seg_py.infer.layer_outputs import relative_difference
import numpy as np
import onnx
from onnx import numpy_helper
import pytest

UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
SIZE = ('--set', 'network_image_height=32', '--set', 'network_image_width=64')


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    """Compare, and return what was said as JSON."""
    assert main(['compare', *words, '--json', '--count', '1']) == 0
    return json.loads(capsys.readouterr().out)


def test_halves_are_near_in_every_layer(capsys: pytest.CaptureFixture[str]) -> None:
    facts = compared(capsys, 'tiny-unet', '@fp16')
    (row,) = facts['outputs']
    assert row['output'] == 'scores'
    assert 0 < row['largest'] < 0.02
    assert row['same_class'] > 0.999
    assert facts['first_diverging'] is None
    assert len(facts['layers']) > 50
    assert facts['layers'][0]['operator'] == 'Conv'
    assert any(layer['relative'] > 0 for layer in facts['layers'])


def test_a_model_is_equal_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    facts = compared(capsys, 'tiny-unet', 'tiny-unet@onnxruntime')
    assert facts['outputs'][0]['largest'] == 0
    assert {layer['relative'] for layer in facts['layers']} == {0}


def test_the_first_layer_that_differs_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = onnx.load(str(UNET))
    convolutions = [node for node in model.graph.node if node.op_type == 'Conv']
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    changed = weights[convolutions[3].input[1]]
    array = numpy_helper.to_array(changed) * 1.5
    changed.CopyFrom(numpy_helper.from_array(array, changed.name))
    path = tmp_path / 'changed.onnx'
    onnx.save(model, str(path))
    assert main(['compare', str(UNET), str(path), '--count', '1']) == 0
    told = capsys.readouterr().out
    assert f'first layer that diverges by more than 2.0%: {convolutions[3].name} (Conv)' in told


def test_images_of_the_user_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    scene = str(UNET.parents[1] / 'docs/images/scene.png')
    assert main(['compare', 'tiny-unet', '@fp16', '--inputs', scene, '--tolerance', '1e-5']) == 0
    told = capsys.readouterr().out
    assert 'tiny-unet and @fp16 on 1 inputs' in told
    assert 'first layer that diverges' in told


def test_attention_of_any_size_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(write_attention_model(tmp_path / 'attention.onnx'))
    facts = compared(capsys, model, '@fp16', *SIZE)
    assert facts['first_diverging'] is None
    assert {'Softmax', 'LayerNormalization', 'Sin'} <= {row['operator'] for row in facts['layers']}


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['tiny-unet', '@fp17'], "'fp17' is no backend"),
        (['tiny-unet', '@bf16'], 'ONNX Runtime runs fp32 and fp16'),
        (['@fp16', 'tiny-unet'], 'names no model'),
        (['tiny-unet', 'tiny-unt'], 'Did you mean tiny-unet?'),
        (['tiny-unet', 'FREE', '--count', '0'], '--count is 0'),
        (['tiny-unet', '@fp16', '--inputs', '/none.png'], "'/none.png' does not exist"),
    ],
)
def test_an_error_is_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(['compare', *words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_differences_are_parts_of_the_largest_number() -> None:
    left = np.array([1.0, -4.0, np.nan])
    assert relative_difference(left, left) == 0
    assert relative_difference(left, np.array([1.0, -3.0, np.nan])) == 0.25
    assert relative_difference(left, np.array([1.0, np.nan, -4.0])) == np.inf
    assert relative_difference(left, np.zeros(2)) == np.inf
    # A mask stays a mask when it becomes the largest half.
    assert relative_difference(np.array([-1e9, -np.inf]), np.array([-65504.0, -65504.0])) == 0
