"""`isaac-seg export` where it has nothing to do, or lacks what it needs."""

from __future__ import annotations

from pathlib import Path
import sys

from isaac_seg_py.cli.main import main
import pytest

Printed = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ('source', 'package'),
    [
        ('nvidia/segformer-b0-finetuned-ade-512-512', 'transformers'),
        ('mask2former-swin-tiny-coco-panoptic', 'transformers'),
        ('torchvision/fcn_resnet50', 'torch'),
    ],
)
def test_a_missing_library_is_one_line(
    source: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(['export', source]) == 2
    said = capsys.readouterr().err
    assert f'{package} is missing, which exporting needs: pip install {package}' in said
    assert said.count('\n') == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['export', 'no-such-thing'], 'cannot be exported; expected is'),
        (['export', 'tiny-unet'], 'is not exported from PyTorch'),
        (['export', 'yolov8n-seg'], 'isaac-seg models show yolov8n-seg says how'),
        (['export', 'a/b', '--output', 'net.pt'], 'ends in .onnx'),
        (['export', 'a/b', '--size', '512'], 'is no size; expected is HxW'),
        (['export', 'a/b', '--size', '0x5'], 'is no size'),
    ],
)
def test_a_wrong_wish_is_one_line(words: list[str], said: str, capsys: Printed) -> None:
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count('\n') == 1


def test_a_missing_file_is_named_first_and_then_all_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    for package in ('torch', 'transformers'):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.chdir(tmp_path)
    for source in ('sam', 'sam2.1'):
        words = ['export', source, '--checkpoint', str(tmp_path / 'net.pt')]
        assert main(words) == 2
        assert "net.pt' does not exist" in capsys.readouterr().err
        assert main([*words[:3], str(tmp_path)]) == 2
        assert 'is a folder; the file of weights in it is expected (' in capsys.readouterr().err
    (tmp_path / 'net.pt').write_bytes(b'weights')
    assert main(words) == 2
    said = capsys.readouterr().err
    assert 'packages torch, transformers are missing' in said
    assert said.rstrip().endswith('pip install torch transformers')


def test_what_is_onnx_already_stays_as_it_is(capsys: Printed) -> None:
    assert main(['export', 'trained/unet.onnx']) == 0
    assert 'is ONNX already' in capsys.readouterr().out
