"""Where fused networks lie, when they are made, and what cannot be fused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fuse_networks import HEAD, network, normalized, pixels, run, SCALE, TAIL
from isaac_seg_py.errors import BackendError, ModelError
from isaac_seg_py.infer import graph_cache
from isaac_seg_py.infer.fuse import fused_file, Head
import numpy as np
import onnx
import pytest
import tiny_models


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the fused files of a test to itself; return where they lie."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    return tmp_path / 'engines/fused'


def test_weights_beside_the_model_come_along(tmp_path: Path, folder: Path) -> None:
    path = network(tmp_path / 'net.onnx')
    expected = run(path, normalized(pixels(), HEAD)).argmax(1, keepdims=True)
    onnx.save(
        onnx.load(str(path)), str(path), save_as_external_data=True,
        location='weights.bin', size_threshold=0,
    )  # fmt: skip
    fused = fused_file(path, HEAD, TAIL)
    assert sorted(file.name for file in folder.iterdir()) == [fused.name, f'{fused.name}.sha256']
    np.testing.assert_array_equal(run(fused, pixels()), expected)


def test_it_is_made_once_and_never_beside_the_users_file(tmp_path: Path, folder: Path) -> None:
    (tmp_path / 'mine').mkdir()
    path = network(tmp_path / 'mine/net.onnx')
    before = path.read_bytes()
    first = fused_file(path, HEAD, TAIL)
    made = first.stat().st_mtime_ns
    assert fused_file(path, HEAD, TAIL) == first
    assert first.stat().st_mtime_ns == made
    other = Head(planar=True, swap=False, scale=SCALE, bias=(0.0, 0.0, 0.0))
    network(tmp_path / 'mine/other.onnx', [('Softmax', {'axis': 1})])
    files = {first, fused_file(path, other, TAIL), fused_file(path, HEAD, None)}
    files.add(fused_file(tmp_path / 'mine/other.onnx', HEAD, TAIL))
    assert len(files) == 4
    assert {file.parent for file in files} == {folder}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ['net.onnx', 'other.onnx']
    assert fused_file(path, None, None) == path


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def put_another(file: Path) -> None:
    network(file, [('Softmax', {'axis': 1})])


def forget(file: Path) -> None:
    file.with_name(f'{file.name}.sha256').unlink()


def scribble(file: Path) -> None:
    file.with_name(f'{file.name}.sha256').write_bytes(b'\xff')


def open_to_all(file: Path) -> None:
    file.chmod(0o666)


def give_away(file: Path) -> None:
    if os.geteuid():
        pytest.skip('only root gives files away')
    os.chown(file, 4343, -1)


@pytest.mark.parametrize(
    'damage', [cut, flip, put_another, forget, scribble, open_to_all, give_away]
)
def test_a_file_that_is_not_what_was_written_is_made_again(
    tmp_path: Path, folder: Path, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = network(tmp_path / 'net.onnx')
    fused = fused_file(path, HEAD, TAIL)
    content = fused.read_bytes()
    damage(fused)
    assert fused_file(path, HEAD, TAIL) == fused
    assert fused.read_bytes() == content
    assert fused.stat().st_mode & 0o777 == 0o600
    assert len(list(folder.iterdir())) == 2
    assert len(caplog.records) == 1
    assert 'it is made again' in caplog.text
    made = fused.stat().st_mtime_ns
    assert fused_file(path, HEAD, TAIL).stat().st_mtime_ns == made


def test_only_so_many_are_kept(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_cache, '_KEPT', 2)
    path = network(tmp_path / 'net.onnx')
    for number in range(4):
        head = Head(planar=True, swap=False, scale=SCALE, bias=(float(number), 0.0, 0.0))
        os.utime(fused_file(path, head, TAIL), (1000 + number, 1000 + number))
    last = fused_file(path, HEAD, TAIL)
    assert last.is_file()
    assert len(list(folder.iterdir())) == 2 * 2


@pytest.mark.parametrize(
    ('make', 'said'),
    [
        (tiny_models.sum_and_difference, r'takes a FLOAT \[2\], b FLOAT \[2\]; a network of one'),
        (tiny_models.last_axis_bytes, r'takes pixels UINT8'),
        (lambda path: path.write_bytes(b'nothing') and path, 'no whole ONNX model'),
        (lambda path: network(path, opset=6), 'opset 6, and 7 or newer'),
    ],
)
def test_what_cannot_be_fused_is_said(tmp_path: Path, make: Any, said: str) -> None:
    path = make(tmp_path / 'net.onnx')
    with pytest.raises(ModelError, match=said) as caught:
        fused_file(path, HEAD, None)
    assert '\n' not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'file'))
    with pytest.raises(BackendError, match='ISAAC_SEG_ENGINES'):
        fused_file(network(tmp_path / 'net.onnx'), HEAD, TAIL)
