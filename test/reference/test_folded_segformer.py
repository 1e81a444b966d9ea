"""SegFormer of transformers, written with its layers folded: the numbers are those of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
import warnings

from fuse_networks import operators, TAIL
from isaac_seg_py.cli.main import main
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.fuse import fused_file, Head
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

pytestmark = [pytest.mark.reference, pytest.mark.usefixtures('one_thread')]


@pytest.fixture(scope='module')
def model(torch: Any) -> Any:
    """Make a network with biases and a batch norm that matter, as those of a trained one do."""
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    torch.manual_seed(800_033)
    config = transformers.SegformerConfig(
        num_labels=9, hidden_sizes=[8, 16, 24, 32], depths=[1, 2, 1, 1],
        num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=20,
    )  # fmt: skip
    made = transformers.SegformerForSemanticSegmentation(config).eval()
    with torch.no_grad():
        for name, values in (*made.named_parameters(), *made.named_buffers()):
            if 'num_batches' in name:
                continue
            by_chance = torch.randn_like(values)
            if values.dim() > 1:
                by_chance /= values[0].numel() ** 0.5
            values.copy_(by_chance.abs() + 0.2 if 'running_var' in name else by_chance)
    return made


@pytest.fixture
def folder(model: Any, tmp_path: Path) -> Path:
    model.save_pretrained(tmp_path / 'segformer')
    return tmp_path / 'segformer'


@pytest.fixture
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # The exporter warns of itself, and of each shape that it takes as fixed.
        warnings.simplefilter('ignore')
        yield


def scores(path: Path, image: Any) -> Any:
    with open_backend(path, backend='onnxruntime', threads=1) as network:
        return next(iter(network(Tensors({'pixel_values': image})).arrays.values()))


def expected_of(torch: Any, model: Any, image: Any) -> Any:
    with torch.no_grad():
        return model(torch.from_numpy(image)).logits.numpy()


def noise(*shape: int) -> Any:
    return np.random.default_rng(800_034).standard_normal(shape).astype(np.float32)


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize('size', [(64, 96), (67, 101), (33, 130)])
def test_folded_or_plain_it_says_what_pytorch_says(
    torch: Any, model: Any, folder: Path, size: tuple[int, int], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ['export', str(folder), '--size', f'{size[0]}x{size[1]}', '--output']
    assert main([*words, str(tmp_path / 'folded.onnx')]) == 0
    assert main([*words, str(tmp_path / 'plain.onnx'), '--plain']) == 0
    assert capsys.readouterr().out.count('same class in 100.000%') == 2
    image = noise(1, 3, *size)
    expected = expected_of(torch, model, image)
    folded, plain = (tmp_path / f'{name}.onnx' for name in ('folded', 'plain'))
    for path in (folded, plain):
        assert_close(scores(path, image), expected)
    before, after = operators(plain), operators(folded)
    # Of each scale a layer of the head, and two of each of the five blocks.
    assert after.count('Conv') == before.count('Conv') - 1 + 4 + 2 * 5
    assert after.count('MatMul') == before.count('MatMul') - 4 - 2 * 5
    assert after.count('Resize') == before.count('Resize') - 1 == 3


def test_a_file_of_another_exporter_is_folded_when_it_is_fused(
    torch: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    """Sizes and batch are free, as in the files that others publish."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    path, free = tmp_path / 'theirs.onnx', {0: 'batch', 2: 'height', 3: 'width'}

    class Logits(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = model
            self.eval()

        def forward(self, pixel_values: Any) -> Any:
            return self.inner(pixel_values).logits

    torch.onnx.export(
        Logits(), (torch.zeros(1, 3, 64, 64),), str(path), input_names=['pixel_values'],
        output_names=['scores'], opset_version=14, dynamo=False,
        dynamic_axes={'pixel_values': {1: 'channels', **free}, 'scores': free},
    )  # fmt: skip
    fused = fused_file(path, None, TAIL)
    kept = fused_file(path, Head(True, False, (1, 1, 1), (0, 0, 0)), None)
    before = operators(path)
    for file in (fused, kept):
        assert operators(file).count('MatMul') <= before.count('MatMul') - 4
    for shape in ((1, 64, 96, 3), (2, 45, 131, 3)):
        image = np.random.default_rng(800_035).integers(0, 3, shape, np.uint8)
        planar = np.ascontiguousarray(image.transpose(0, 3, 1, 2), np.float32)
        expected = expected_of(torch, model, planar)
        assert_close(scores(kept, image), expected)
        best = np.sort(expected, 1)
        sure = best[:, -1] - best[:, -2] > 1e-3
        assert (scores(fused, planar)[:, 0] == expected.argmax(1))[sure].all()
