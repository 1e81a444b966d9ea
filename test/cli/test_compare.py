"""`isaac-seg compare`: two precisions of a model side by side, on real images."""

from __future__ import annotations

import json
from pathlib import Path
import re

from attention_model import write_attention_model
from isaac_seg_py.cli.main import main
from isaac_seg_py.infer.layer_outputs import relative_difference
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest
from tiny_models import write_model

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


def stretched(path: Path, **outputs: list[int]) -> str:
    """Write a network whose outputs repeat a number; `bad` is NaN for the second input made."""
    nodes, constants = [], {}
    for name, shape in outputs.items():
        constants[f'{name}_shape'] = np.array(shape, np.int64)
        source = 'x'
        if name.startswith('bad'):
            constants[f'{name}_low'] = np.array([-0.495], np.float32)
            nodes.append(helper.make_node('Add', ['x', f'{name}_low'], [f'{name}_sum']))
            nodes.append(helper.make_node('Sqrt', [f'{name}_sum'], [f'{name}_root']))
            source = f'{name}_root'
        nodes.append(helper.make_node('Expand', [source, f'{name}_shape'], [name]))
    told = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()]
    taken = [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1])]
    return str(write_model(path, nodes, taken, told, constants))


def test_what_is_no_number_is_null_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = stretched(tmp_path / 'left.onnx', good=[2], bad=[2])
    right = stretched(tmp_path / 'right.onnx', good=[2], bad=[2])
    assert main(['compare', left, right, '--json', '--count', '2']) == 0

    def refuse(word: str) -> None:
        raise AssertionError(f'{word} is no JSON')

    facts = json.loads(capsys.readouterr().out, parse_constant=refuse)
    good, bad = facts['outputs']
    assert (good['largest'], bad['largest'], bad['mean']) == (0, None, None)
    assert main(['compare', left, right, '--count', '2']) == 0
    assert re.search(r'^bad +nan', capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize('turned', [False, True])
def test_outputs_of_one_side_are_named_and_are_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], turned: bool
) -> None:
    both = [
        stretched(tmp_path / 'a.onnx', one=[2], two=[3], three=[4]),
        stretched(tmp_path / 'b.onnx', two=[3], other=[2]),
    ]
    left, right = reversed(both) if turned else both
    assert main(['compare', left, right, '--count', '1', '--json']) == 1
    facts = json.loads(capsys.readouterr().out)
    # Those of other names are paired by their order.
    first = 'other' if turned else 'one'
    assert {row['output'] for row in facts['outputs']} == {first, 'two'}
    assert facts['only_left'] == ([] if turned else ['three'])
    assert facts['only_right'] == (['three'] if turned else [])
    assert main(['compare', left, right, '--count', '1']) == 1
    side = 'right' if turned else 'left'
    assert f"a.onnx ({side}) has the output 'three'" in capsys.readouterr().out


@pytest.mark.parametrize('shapes', [([0, 3], [0, 3]), ([2, 3], [2, 4])])
def test_outputs_that_cannot_be_compared_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shapes: tuple[list[int], list[int]]
) -> None:
    models = [stretched(tmp_path / f'{n}.onnx', y=shape) for n, shape in enumerate(shapes)]
    assert main(['compare', *models, '--count', '1']) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert f"output 'y' has shape {shapes[0]} on the left and {shapes[1]} on the right" in error


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['tiny-unet', '@fp17'], "'fp17' is no backend"),
        (['tiny-unet', '@bf16'], 'ONNX Runtime runs fp32 and fp16'),
        (['@fp16', 'tiny-unet'], 'names no model'),
        (['tiny-unet', 'tiny-unt'], 'Did you mean tiny-unet?'),
        (['tiny-unet', 'FREE', '--count', '0'], '--count is 0'),
        (['tiny-unet', '@fp16', '--tolerance', 'nan'], '--tolerance is nan; a part from 0 on'),
        (['tiny-unet', '@fp16', '--tolerance=-0.1'], '--tolerance is -0.1; a part from 0 on'),
        (['tiny-unet', '@fp16', '--tolerance', 'inf'], '--tolerance is inf; a part from 0 on'),
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
