"""`isaac-seg models`: the list, and what is known of one model."""

from __future__ import annotations

import json
from pathlib import Path

from isaac_seg_py.cli.main import main
import pytest
import tiny_models

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of a user's own models, and a home without any."""
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    monkeypatch.setenv('ISAAC_SEG_MODELS', str(tmp_path / 'mine'))
    (tmp_path / 'mine').mkdir()
    return tmp_path / 'mine'


def groups(table: str) -> dict[str, list[str]]:
    """Return the names of the models under each heading of the table."""
    found: dict[str, list[str]] = {}
    heading = ''
    for line in table.splitlines():
        if line and not line.startswith(' '):
            heading = line.partition(':')[0].partition(' (')[0]
        elif line.startswith('    '):
            found.setdefault(heading, []).append(line.split()[0])
    return found


def test_the_table_says_what_runs_and_how_to_get_the_rest(folder: Path, capsys: Printed) -> None:
    tiny_models.brightest_channel(folder / 'net.onnx')
    (folder / 'a.yaml').write_text('name: a\nfamily: unet\nfile: net.onnx\nurl: https://x/y\n')
    (folder / 'b.yaml').write_text('name: b\nfamily: unet\nfile: nothing.onnx\n')
    assert main(['models']) == 0
    table = capsys.readouterr().out
    found = groups(table)
    assert 'tiny-unet' in found['Shipped']
    assert found['On disk'] == ['a']
    assert 'fcn-resnet18-voc-320x320' in found['To fetch with']
    assert 'b' in found['Without the file that is missing, and nobody says where it is']
    assert not any('yolo' in name for names in found.values() for name in names)
    assert 'isaac-seg models --all' in table
    assert max(map(len, table.splitlines()[:-1])) <= 100
    assert main(['models', '--all']) == 0
    found = groups(capsys.readouterr().out)
    assert 'yolov8n-seg' in found['To get by hand, as isaac-seg models show NAME says']


@pytest.mark.parametrize(
    'text', ['labels: [2001-99-99]', f'x: {"9" * 5000}', '[' * 20000, 'name: [', '\x00', '- a']
)
def test_a_broken_manifest_hides_no_other(folder: Path, text: str, capsys: Printed) -> None:
    (folder / 'broken.yaml').write_text(text)
    (folder / 'gone.yaml').symlink_to(folder / 'nowhere.yaml')
    assert main(['models']) == 0
    found = groups(capsys.readouterr().out)
    assert found['Broken'] == ['broken']
    assert 'tiny-unet' in found['Shipped']
    assert main(['models', '--json']) == 0
    rows = {row['name']: row for row in json.loads(capsys.readouterr().out)}
    assert rows['broken']['group'] == 'broken'
    assert 'broken.yaml' in rows['broken']['error']
    assert rows['tiny-unet']['on_disk'] is True
    assert main(['models', 'show', 'broken']) == 2
    assert capsys.readouterr().err.count('\n') == 1


def test_show_tells_all_that_is_known(folder: Path, capsys: Printed) -> None:
    assert main(['models', 'show', 'peoplesemsegnet']) == 0
    shown = ' '.join(capsys.readouterr().out.split())
    for words in (
        'name peoplesemsegnet-vanilla', 'isaac-seg models fetch peoplesemsegnet-vanilla',
        '--accept-terms', 'licence NVIDIA Model EULA', 'tensor_name=input_1:0',
        '2 labels background, person', 'https://api.ngc.nvidia.com/', '(not there)',
    ):  # fmt: skip
        assert words in shown
    assert main(['models', 'show', 'yolov8n-seg', '--json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts['licence'].startswith('AGPL-3.0')
    assert 'yolo export model=yolov8n-seg.pt' in facts['get']
    assert len(facts['palette']) == len(facts['labels']) == 80


def test_check_compares_manifest_and_file(folder: Path, capsys: Printed) -> None:
    tiny_models.brightest_channel(folder / 'net.onnx', (12, 16))
    (folder / 'net.yaml').write_text(
        'name: net\nfamily: unet\nfile: net.onnx\ninput: {size: [16, 12]}\n'
    )
    assert main(['models', 'check', 'tiny-unet']) == 0
    assert 'tiny-unet: the network is as the manifest says' in capsys.readouterr().out
    assert main(['models', 'check', 'tiny-unet', 'net']) == 1
    assert 'net: the image is [?, ?, 16, 12], the network takes' in capsys.readouterr().out
    assert main(['models', 'check', 'fcn-resnet18-voc']) == 2
    assert 'isaac-seg models fetch fcn-resnet18-voc-320x320' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['fetch', 'yolov8n-seg'], 'pip install ultralytics'),
        (['fetch', 'mask2former-swin-tiny-coco-panoptic'], 'isaac-seg export mask2former-swin'),
        (['fetch', 'citysemsegformer'], '--accept-terms'),
        (['fetch', 'fcn-resnet18-vco'], 'Did you mean fcn-resnet18-voc'),
        (['show', 'mask2former'], 'Names that begin so: mask2former-swin-tiny-coco-panoptic, '),
        (['show', 'nothing'], ' more: isaac-seg models --all; a path to a .yaml'),
        (['show', 'yolo11n-seg.pt'], 'yolo export model=yolo11n-seg.pt format=onnx'),
        (['show', 'nets/fcn.pth'], "'nets/fcn.pth' is a file of PyTorch; an ONNX file is needed"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(
    folder: Path, words: list[str], said: str, capsys: Printed
) -> None:
    assert main(['models', *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count('\n') == 1


def test_what_is_there_is_not_fetched(folder: Path, capsys: Printed) -> None:
    assert main(['models', 'fetch', 'tiny-unet']) == 0
    assert 'tiny_unet.onnx is there' in capsys.readouterr().out


def test_check_opens_a_model_as_it_will_be_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_models.brightest_channel(tmp_path / 'm.onnx')
    manifest = tmp_path / 'odd.yaml'
    manifest.write_text(f'name: odd\nfamily: unett\nfile: {model.name}\n')
    assert main(['models', 'check', str(manifest)]) == 1
    assert "is of family 'unett'" in capsys.readouterr().out


def test_what_a_terminal_takes_for_orders_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / 'odd.yaml'
    manifest.write_text('name: odd\nfamily: unet\nfile: m.onnx\ndescription: "\\e[31mred\\e[2J"\n')
    assert main(['models', 'show', str(manifest)]) == 0
    assert '\x1b' not in capsys.readouterr().out
