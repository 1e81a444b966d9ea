"""Networks of transformers become ONNX files that say the same, with manifests that fit."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from isaac_seg_py import Segmenter
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.infer.manifest_check import verify_manifest
import numpy as np
import pytest

pytestmark = pytest.mark.reference
ROOT = Path(__file__).parents[2]
Save = Callable[..., Path]
Printed = pytest.CaptureFixture[str]
SCORES = {'logits': (1, 3, 16, 24)}
QUERIES = {'class_queries_logits': (1, 10, 4), 'masks_queries_logits': (1, 10, 16, 24)}


@pytest.mark.parametrize(
    ('kind', 'outputs'),
    [('segformer', SCORES), ('maskformer', QUERIES), ('mask2former', QUERIES)],
)
def test_a_folder_becomes_onnx_that_says_what_pytorch_says(
    kind: str, outputs: dict[str, tuple[int, ...]], saved: Save, tmp_path: Path, capsys: Printed
) -> None:
    import onnxruntime
    import torch
    import transformers

    folder = saved(kind)
    file = tmp_path / 'out' / 'net.onnx'
    assert main(['export', str(folder), '--output', str(file)]) == 0
    printed = capsys.readouterr().out
    for name, shape in outputs.items():
        assert f'{name} [{", ".join(map(str, shape))}]: largest difference' in printed
    assert 'same class in 100.000%' in printed
    # The figures printed are not taken on trust: the same again, with neither's code of ours.
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    image = np.random.default_rng(800_002).standard_normal((1, 3, 64, 96)).astype(np.float32)
    found = dict(zip(outputs, session.run(list(outputs), {'pixel_values': image}), strict=True))
    auto = {
        'segformer': transformers.AutoModelForSemanticSegmentation,
    }.get(kind, transformers.AutoModelForUniversalSegmentation)  # fmt: skip
    with torch.no_grad():
        expected = auto.from_pretrained(folder)(torch.from_numpy(image))
    for name, shape in outputs.items():
        assert found[name].shape == shape
        np.testing.assert_allclose(found[name], expected[name].numpy(), atol=1e-4)

    manifest = Manifest.read(file.with_suffix('.yaml'))
    assert manifest.family == kind
    assert manifest.labels == ('sky', 'sea', 'land')
    assert manifest.encode['image_mean'] == [0.4, 0.5, 0.6]
    assert manifest.encode['image_stddev'] == [0.2, 0.25, 0.3]
    assert verify_manifest(manifest) == []
    with Segmenter.open(str(file)) as segment:
        result = segment(np.zeros((50, 70, 3), np.uint8))
    assert result.labels.shape == (50, 70)


def test_double_precision_is_gone(saved: Save, tmp_path: Path) -> None:
    import onnx

    file = tmp_path / 'net.onnx'
    assert main(['export', str(saved('mask2former')), '--output', str(file)]) == 0
    model = onnx.shape_inference.infer_shapes(onnx.load(str(file)), strict_mode=True)
    kinds = {value.type.tensor_type.elem_type for value in model.graph.value_info}
    assert onnx.TensorProto.FLOAT in kinds
    assert onnx.TensorProto.DOUBLE not in kinds
    assert model.opset_import[0].version == 18


def test_the_task_is_known_by_the_name(saved: Save, tmp_path: Path) -> None:
    folder = saved('mask2former', 'mask2former-of-mine-instance')
    assert main(['export', str(folder), '--output', str(tmp_path / 'net.onnx')]) == 0
    assert Manifest.read(tmp_path / 'net.yaml').decode == {'task': 'instance'}


def test_labels_that_are_a_known_set_get_its_colours(saved: Save, tmp_path: Path) -> None:
    city = find_manifest('citysemsegformer')
    folder = saved('segformer', labels=tuple(label.upper() for label in city.labels))
    assert main(['export', str(folder), '--output', str(tmp_path / 'net.onnx')]) == 0
    assert 'labels: cityscapes\n' in (tmp_path / 'net.yaml').read_text()
    assert Manifest.read(tmp_path / 'net.yaml').palette == city.palette


def test_a_size_of_the_users_own_wins(saved: Save, tmp_path: Path) -> None:
    words = ['export', str(saved('segformer')), '--output', str(tmp_path / 'net.onnx')]
    assert main([*words, '--size', '32x64']) == 0
    manifest = Manifest.read(tmp_path / 'net.yaml')
    assert manifest.encode['network_image_height'] == 32
    assert verify_manifest(manifest) == []


def test_a_model_of_the_catalogue_goes_where_it_is_found(
    saved: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    monkeypatch.setenv('ISAAC_SEG_MODELS', str(tmp_path / 'mine'))
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'small.yaml').write_text(
        'name: small\nfamily: segformer\nfile: small.onnx\nlicense: Mine\n'
        f'export: {saved("segformer")}\ninput: {{size: [32, 32]}}\nlabels: [a, b, c]\n'
    )
    assert find_manifest('small').on_disk is False
    assert main(['export', 'small']) == 0
    manifest = find_manifest('small')
    assert manifest.model_file() == tmp_path / 'data/isaac_seg_py/models/small/small.onnx'
    assert verify_manifest(manifest) == []
    capsys.readouterr()
    assert main(['export', 'small']) == 0
    assert 'small is there' in capsys.readouterr().out


@pytest.mark.parametrize('name', ['someone/small', 'someone/other'])
def test_a_name_on_hugging_face_is_looked_up_there(saved: Save, tmp_path: Path, name: str) -> None:
    # What transformers has fetched before lies in its cache, and is found without a network.
    hub = tmp_path / 'home' / 'hub' / 'models--someone--small'
    saved('segformer').rename(tmp_path / 'one')
    (hub / 'snapshots').mkdir(parents=True)
    (tmp_path / 'one').rename(hub / 'snapshots' / ('1' * 40))
    (hub / 'refs').mkdir()
    (hub / 'refs' / 'main').write_text('1' * 40)
    offline = {'HF_HOME': str(tmp_path / 'home'), 'HF_HUB_OFFLINE': '1', 'OMP_NUM_THREADS': '2'}
    words = [sys.executable, '-m', 'isaac_seg_py', 'export', name, '--output', 'small.onnx']
    paths = os.pathsep.join([str(ROOT), os.environ.get('PYTHONPATH', '')])
    done = subprocess.run(
        words, cwd=tmp_path, env={**os.environ, **offline, 'PYTHONPATH': paths},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if name == 'someone/other':
        assert done.returncode == 2
        assert done.stderr.strip().startswith("isaac-seg: error: 'someone/other' cannot be loaded")
        return
    assert done.returncode == 0, done.stderr
    manifest = Manifest.read(tmp_path / 'small.yaml')
    assert manifest.source == 'https://huggingface.co/someone/small'
    assert manifest.encode['image_mean'] == [0.4, 0.5, 0.6]
    assert verify_manifest(manifest) == []


def test_files_are_not_replaced_unasked(saved: Save, tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / 'net.onnx'
    file.write_text('mine')
    words = ['export', str(saved('segformer')), '--output', str(file)]
    assert main(words) == 2
    assert '--overwrite replaces it' in capsys.readouterr().err
    assert file.read_text() == 'mine'
    assert main([*words, '--overwrite']) == 0


def test_another_type_of_model_is_refused(saved: Save, tmp_path: Path, capsys: Printed) -> None:
    folder = saved('vit')
    capsys.readouterr()
    assert main(['export', str(folder), '--output', str(tmp_path / 'n.onnx')]) == 2
    said = capsys.readouterr().err
    assert 'is a model of type vit; those that can be exported are segformer' in said
    assert said.count('\n') == 1


@pytest.mark.parametrize('damage', ['weights', 'config', 'processor', 'no weights'])
def test_a_damaged_folder_is_one_line(
    saved: Save, tmp_path: Path, capsys: Printed, damage: str
) -> None:
    folder = saved('segformer')
    file = {'config': 'config.json', 'processor': 'preprocessor_config.json'}.get(
        damage, 'model.safetensors'
    )
    if damage == 'no weights':
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((folder / file).read_bytes()[:40])
    capsys.readouterr()
    assert main(['export', str(folder), '--output', str(tmp_path / 'n.onnx')]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith('isaac-seg: error: ')
    assert 'Traceback' not in ''.join(said)
    assert not (tmp_path / 'n.onnx').exists()


def test_an_export_that_differs_is_not_kept(
    torch: Any, saved: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    true_export = torch.onnx.export

    def export_another(module: Any, *rest: Any, **more: Any) -> None:
        # What is exported is another network than the one that it is compared with.
        with torch.no_grad():
            module.get_parameter('model.decode_head.classifier.bias').add_(0.1)
        true_export(module, *rest, **more)

    monkeypatch.setattr(torch.onnx, 'export', export_another)
    folder = saved('segformer')
    assert main(['export', str(folder), '--output', str(tmp_path / 'n.onnx')]) == 2
    assert 'differs from PyTorch: logits' in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ['segformer']
