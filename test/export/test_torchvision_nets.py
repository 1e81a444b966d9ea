"""Networks that give a dict, as torchvision's do, and files of weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
import pickle
from typing import Any

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ModelError
from isaac_seg_py.export import export_recipe, Graph, Recipe
from isaac_seg_py.export.torchvision_nets import read_state, scores_of
import pytest

pytestmark = pytest.mark.reference


def test_the_scores_of_a_network_with_an_aux_output_are_exported(
    torch: Any, tmp_path: Path
) -> None:
    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.head = torch.nn.Conv2d(3, 4, 3, padding=1)
            self.side = torch.nn.Conv2d(3, 4, 1)

        def forward(self, image: Any) -> dict[str, Any]:
            return {'out': self.head(image), 'aux': self.side(image)}

    torch.manual_seed(0)
    image = torch.zeros((1, 3, 8, 12))
    graph = Graph(scores_of(torch, Net()), {'input': image}, ('out',), {'out': 1})
    manifest = {'family': 'deeplab', 'output': {'name': 'out', 'kind': 'logits'}}
    done = export_recipe(Recipe({'': graph}, manifest), tmp_path / 'n.onnx', name='n', more={})
    assert [difference.output for difference in done.differences] == ['out']
    assert done.differences[0].largest < 1e-5
    assert done.differences[0].same_class == 1.0
    assert done.manifest is not None
    assert Manifest.read(done.manifest).model_file() == tmp_path / 'n.onnx'


def test_a_network_of_several_parts_becomes_several_files(torch: Any, tmp_path: Path) -> None:
    image, points = torch.zeros((1, 3, 8, 8)), torch.zeros((1, 2, 2), dtype=torch.int64)

    class First(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, image: Any) -> Any:
            return (image * 2,)

    class Second(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, points: Any) -> Any:
            return (points + 1,)

    recipe = Recipe(
        {
            'encoder': Graph(First(), {'image': image}, ('doubled',)),
            'decoder': Graph(Second(), {'points': points}, ('next',), free={'points': {1: 'n'}}),
        },
        {'family': 'sam'},
    )
    done = export_recipe(recipe, tmp_path / 'pair.onnx', name='pair', more={'license': 'Mine'})
    assert [file.name for file in done.files] == ['pair_encoder.onnx', 'pair_decoder.onnx']
    manifest = Manifest.read(tmp_path / 'pair.yaml')
    assert manifest.license == 'Mine'
    assert manifest.model_file('decoder') == done.files[1]
    # What is no floating point goes in as it is, and has no classes.
    assert done.differences[1].largest == 0
    assert done.differences[1].same_class is None


def test_weights_are_read_from_files_and_checkpoints(torch: Any, tmp_path: Path) -> None:
    weights = {'module.classifier.4.weight': torch.ones(2, 3, 1, 1)}
    for number, content in enumerate((weights, {'model': weights}, {'state_dict': weights})):
        path = tmp_path / f'{number}.pth'
        torch.save(content, path)
        state = read_state(torch, str(path))
        assert list(state) == ['classifier.4.weight']


class _Harmful:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path('/tmp/isaac_seg_harm'),))


def test_a_file_that_would_run_code_is_refused(torch: Any, tmp_path: Path) -> None:
    path = tmp_path / 'bad.pth'
    path.write_bytes(pickle.dumps(_Harmful()))
    with pytest.raises(ModelError, match='cannot be read by PyTorch'):
        read_state(torch, str(path))
    torch.save(_Harmful(), path)
    with pytest.raises(ModelError, match='cannot be read by PyTorch'):
        read_state(torch, str(path))
    assert not Path('/tmp/isaac_seg_harm').exists()
    # What PyTorch says of it is a number alone.
    path.write_bytes(pickle.dumps(5))
    with pytest.raises(ModelError, match='it holds no weights, or was not written to its end'):
        read_state(torch, str(path))
    torch.save([1, 2], path)
    with pytest.raises(ModelError, match='holds no weights by name'):
        read_state(torch, str(path))


def test_weights_alone_need_an_architecture(
    torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({}, tmp_path / 'w.pth')
    assert main(['export', str(tmp_path / 'w.pth')]) == 2
    assert '--architecture' in capsys.readouterr().err
    assert main(['export', str(tmp_path / 'w.pth'), '--architecture', 'fcn_resnet50']) == 2
    assert 'holds no weights of FCN, DeepLab or LR-ASPP' in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec('torchvision') is None, reason='needs torchvision')
@pytest.mark.parametrize('name', ['lraspp_mobilenet_v3_large', 'deeplabv3_mobilenet_v3_large'])
def test_weights_of_torchvision_become_onnx(torch: Any, tmp_path: Path, name: str) -> None:
    import torchvision

    net = torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=4)
    torch.save(net.state_dict(), tmp_path / 'w.pth')
    words = ['export', str(tmp_path / 'w.pth'), '--architecture', name, '--size', '64x96']
    assert main([*words, '--output', str(tmp_path / 'n.onnx')]) == 0
    assert Manifest.read(tmp_path / 'n.yaml').family == 'deeplab'
