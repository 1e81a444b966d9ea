"""A small encoder learns a large one's features, and goes on where it was broken off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from isaac_seg_py.infer import open_backend
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)

from training.distill import main  # noqa: E402
from training.distill_pictures import Pictures  # noqa: E402

pytestmark = [
    pytest.mark.reference,
    # The exporter of TorchScript, which is used on purpose, says that there is a newer one.
    pytest.mark.filterwarnings('ignore:.*legacy TorchScript:DeprecationWarning'),
    pytest.mark.filterwarnings('ignore:.*feature will be removed:DeprecationWarning'),
]
SIDE, GRID, CHANNELS = 128, 8, 12
STEPS = 60


@pytest.fixture(scope='module')
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an encoder with features at 1/16: a mix of the colours of each cell."""
    path = tmp_path_factory.mktemp('teacher') / 'teacher.onnx'
    random = np.random.default_rng(800_013)
    mix = random.standard_normal((CHANNELS, 3, 1, 1)).astype(np.float32) / 256
    weights = np.tile(mix, (1, 1, 16, 16))
    write_teacher(path, weights)
    return path


def write_teacher(path: Path, weights: np.ndarray, stride: int = 16) -> None:
    grid = SIDE // stride
    nodes = [
        helper.make_node('Conv', ['image', 'weights'], ['mixed'], strides=[stride] * 2),
        helper.make_node('Tanh', ['mixed'], ['image_embeddings']),
    ]
    graph = helper.make_graph(
        nodes,
        'teacher',
        [helper.make_tensor_value_info('image', TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info(
                'image_embeddings', TensorProto.FLOAT, [1, len(weights), grid, grid]
            )
        ],
        [numpy_helper.from_array(weights, 'weights')],
    )
    opset = [helper.make_opsetid('', 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of pictures: blurred colours in odd sizes."""
    folder = tmp_path_factory.mktemp('images')
    random = np.random.default_rng(800_014)
    for number in range(45):
        height, width = random.integers(40, 120, size=2)
        noise = random.integers(0, 256, (3, 3, 3)).astype(np.uint8)
        picture = cv2.resize(noise, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f'{number}.{"png" if number % 2 else "jpg"}'), picture)
    return folder


def words(teacher: Path, images: Path, out: Path, steps: int) -> list[str]:
    return [
        '--teacher', str(teacher), '--images', str(images), '--out', str(out),
        '--steps', str(steps), '--student', 'small', '--batch', '4', '--rate', '0.003',
        '--save-every', '10', '--backend', 'onnxruntime', '--threads', '1',
    ]  # fmt: skip


def test_the_loss_falls_and_a_broken_run_goes_on(
    teacher: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = main(words(teacher, images, tmp_path / 'whole', STEPS))
    losses = [loss for _, loss in whole.losses]
    assert np.mean(losses[-10:]) < 0.65 * np.mean(losses[:10])
    assert whole.held_out[-1][1] < 0.8 * whole.held_out[0][1]
    # The same steps in two runs: pictures, rate and optimizer go on as if nothing had been.
    file = tmp_path / 'parts' / 'checkpoint.pth'
    broken = words(teacher, images, file.parent, STEPS)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 25)
        with pytest.raises(KeyboardInterrupt):
            main(broken)
    assert torch.load(file, weights_only=True)['step'] == 20
    capsys.readouterr()
    parts = main(broken)
    assert 'on from step 20' in capsys.readouterr().out
    assert [step for step, _ in parts.losses] == list(range(1, STEPS + 1))
    assert [loss for _, loss in parts.losses] == pytest.approx(losses)
    for name, weight in whole.student.state_dict().items():
        torch.testing.assert_close(parts.student.state_dict()[name], weight)
    assert not list(file.parent.glob('*.part'))


def stop_at(patch: pytest.MonkeyPatch, step: int) -> None:
    """Let the batch of a step never come."""
    batch = Pictures.batch

    def broken(self: Pictures, at: int, count: int) -> Any:
        if at == step:
            raise KeyboardInterrupt
        return batch(self, at, count)

    patch.setattr(Pictures, 'batch', broken)


def test_what_is_left_is_an_encoder_a_checkpoint_and_a_plot(
    teacher: Path, images: Path, tmp_path: Path
) -> None:
    run = main(words(teacher, images, tmp_path, 12))
    image = Pictures(images, 0, SIDE, 0).held_out(1)
    with open_backend(tmp_path / 'encoder.onnx', backend='onnxruntime', threads=1) as network:
        found = network(Tensors({'image': image.numpy()}))['image_embeddings'].copy()
    assert found.shape == (1, CHANNELS, GRID, GRID)
    with torch.no_grad():
        np.testing.assert_allclose(found, run.student(image)[0].numpy(), atol=1e-4)
    # As NanoSAM names them, so that isaac-seg export nanosam takes the checkpoint.
    saved = torch.load(tmp_path / 'checkpoint.pth', weights_only=True)['model']
    known = {'backbone.conv1.weight', 'up_1.6.weight', 'proj.2.bias', 'pos_embedding'}
    assert known <= set(saved)
    plot = cv2.imread(str(tmp_path / 'loss.png'))
    assert plot is not None
    # White paper, a frame, and two curves in colour.
    assert (plot == 255).all(axis=2).mean() > 0.8
    assert (plot.max(axis=2).astype(int) - plot.min(axis=2) > 60).sum() > 300


def test_pictures_depend_on_the_step_alone_and_the_kept_ones_are_not_learned(
    images: Path,
) -> None:
    pictures = Pictures(images, 0, SIDE, 3)
    assert len(pictures) == 42
    assert torch.equal(pictures.batch(7, 3), Pictures(images, 0, SIDE, 3).batch(7, 3))
    assert not torch.equal(pictures.batch(7, 3), pictures.batch(8, 3))
    assert not torch.equal(pictures.batch(7, 3), Pictures(images, 0, SIDE, 4).batch(7, 3))
    assert pictures.held_out(9).shape == (3, 3, SIDE, SIDE)
    scenes = Pictures(None, 2, SIDE, 0)
    assert scenes.batch(0, 2).shape == (2, 3, SIDE, SIDE)


def test_what_cannot_be_learned_from_is_refused(
    teacher: Path, images: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match='too little to learn from'):
        main(words(teacher, tmp_path / 'none', tmp_path / 'out', 1))
    other = tmp_path / 'other.onnx'
    write_teacher(other, np.ones((2, 3, 8, 8), np.float32), stride=8)
    with pytest.raises(ValueError, match='a cell of features for 8 pixels; students have one'):
        main(words(other, images, tmp_path / 'out', 1))
