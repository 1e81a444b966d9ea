"""`isaac-seg build` and what `inspect` says of engines, with the real TensorRT-RTX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attention_model import write_attention_model
from box_sam import box_sam
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.cli.making.engine_parts import parts_to_build
from isaac_seg_py.families import sam, sam2_opening
from isaac_seg_py.infer.trt_opening import engine_options
from isaac_seg_py.infer_config import InferConfig
import pytest
import tiny_models
from trt_here import NEEDS_RTX

pytestmark = NEEDS_RTX
BUILD = ('build', '--library', 'tensorrt-rtx', '--for', '8.9')


@pytest.fixture(autouse=True)
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the engines of a test in a folder of its own."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    return tmp_path / 'engines'


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_models.brightest_channel(tmp_path / 'model.onnx'))


def built(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    """Build, and return what was said as JSON."""
    assert main([*BUILD, *words, '--json']) == 0
    return json.loads(capsys.readouterr().out)


def test_an_engine_is_built_and_found_again(
    engines: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = built(capsys, model)
    assert first['built'] is True
    assert first['precision'] == 'fp16'
    assert first['compute_capabilities'] == ['8.9']
    assert Path(str(first['engine'])).parent == engines
    assert built(capsys, model)['built'] is False
    assert built(capsys, model, '--rebuild')['built'] is True
    assert built(capsys, model, '--precision', 'bf16')['built'] is True
    assert main(['build', '--list']) == 0
    listed = capsys.readouterr().out
    assert listed.count('model.onnx') == 2
    assert '2 engines in' in listed
    assert main(['build', '--clear']) == 0
    assert '2 engines are gone' in capsys.readouterr().out
    assert main(['build', '--list', '--json']) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_progress_and_facts_are_shown(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*BUILD, '--for', '12.0', model]) == 0
    captured = capsys.readouterr()
    assert 'build model.onnx [####' in captured.err
    assert 'compute capability 8.9, 12.0' in captured.out
    assert 'input     image float [1, 3, 6, 8]' in captured.out
    assert 'memory    weights' in captured.out


def test_a_file_of_the_users_choice_is_written_and_inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(write_attention_model(tmp_path / 'attention.onnx'))
    out = tmp_path / 'deep' / 'net.engine'
    shape = 'image=1x3x32x32:1x3x64x64:1x3x128x128'
    facts = built(capsys, model, '--out', str(out), '--shape', shape, '--precision', 'fp32')
    assert facts['engine'] == str(out)
    assert main(['inspect', str(out)]) == 0
    told = capsys.readouterr().out
    assert 'shapes    image 1x3x32x32 : 1x3x64x64 : 1x3x128x128' in told
    assert 'input     image float [1, 3, ?, ?]' in told
    assert main(['inspect', str(out), '--json']) == 0
    assert json.loads(capsys.readouterr().out)['layers']['FLOAT'] > 60
    # A cut plan is no plan any more.
    out.write_bytes(out.read_bytes()[:1000])
    assert main(['inspect', str(out)]) == 2
    assert 'is damaged' in capsys.readouterr().err
    # What lies there is replaced.
    assert built(capsys, model, '--out', str(out), '--shape', shape)['built'] is True
    out.with_name('net.engine.json').unlink()
    assert built(capsys, model, '--out', str(out), '--shape', shape)['built'] is True


def test_every_part_of_a_model_is_built_or_the_one_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(box_sam(tmp_path, 48))
    shape = 'point_coords=1x2x2:1x2x2:4x8x2'
    parts = built(capsys, model, '--shape', shape)['parts']
    assert list(parts) == ['encoder', 'decoder']
    assert [parts[name]['precision'] for name in parts] == ['fp16', 'fp32']
    assert parts['encoder']['profiles'] == {}
    assert parts['decoder']['profiles']['point_coords'] == [[1, 2, 2], [1, 2, 2], [4, 8, 2]]
    assert main([*BUILD, model, '--shape', shape]) == 0
    said = capsys.readouterr()
    assert 'encoder: found: it was built before' in said.out
    assert 'build encoder.onnx [####' in said.err
    assert 'build decoder.onnx [####' in said.err
    out = tmp_path / 'one.engine'
    alone = built(capsys, model, '--part', 'encoder', '--out', str(out), '--precision', 'fp32')
    assert (alone['engine'], alone['precision']) == (str(out), 'fp32')


class Opened(Exception):
    """All parts but the last were opened."""


@pytest.mark.parametrize(
    ('model', 'where', 'opening'),
    [('tiny-sam', sam, 'open_sam'), ('tiny-sam2', sam2_opening, 'open_sam2')],
)
def test_what_is_built_is_what_a_model_opens(
    monkeypatch: pytest.MonkeyPatch, model: str, where: Any, opening: str
) -> None:
    manifest = find_manifest(model)
    parts = parts_to_build(manifest, '', {'backend': 'tensorrt-rtx'})
    assert [one.name for one in parts] == [*manifest.parts]
    opened = []

    class Network:
        """Stands for one that needs a GPU."""

        def close(self) -> None:
            pass

    def note(file: Path, **settings: Any) -> Network:
        opened.append((file, engine_options(InferConfig(**settings), file)))
        if len(opened) == len(parts):
            raise Opened
        return Network()

    monkeypatch.setattr(where, 'open_backend', note)
    with pytest.raises(Opened):
        getattr(where, opening)(manifest, backend='tensorrt-rtx')
    assert sorted(opened, key=str) == sorted(((one.file, one.options) for one in parts), key=str)


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['build'], 'no model was given'),
        (['build', 'MODEL', '--for', '99'], "'99' is not like 8.9"),
        ([*BUILD, 'MODEL', '--for', '9.0'], 'does not build for compute capability 9.0'),
        ([*BUILD, 'MODEL', '--shape', '1x3'], "shape '1x3' is not understood"),
        ([*BUILD, 'MODEL', '--shape', 'x=1x3'], 'a profile was given for x; the inputs are image'),
        ([*BUILD, 'FREE'], "input 'image' has free axes"),
        ([*BUILD, 'BROKEN'], 'again'),
        ([*BUILD, 'MODEL', '--out', '/proc/none/net.engine'], 'was not written'),
        ([*BUILD, 'MODEL', '--plugin', '/none.so'], "'/none.so' does not exist"),
        ([*BUILD, '/none.onnx'], 'does not exist'),
        ([*BUILD, 'MODEL', '--precision', 'int8'], 'invalid choice'),
        ([*BUILD, 'MODEL', '--part', 'decoder'], 'is one network; leave --part decoder out'),
        ([*BUILD, 'tiny-sam', '--part', 'head'], "no part 'head'; it has 'encoder', 'decoder'"),
        ([*BUILD, 'tiny-sam', '--out', 'x.engine'], 'has 2 networks: encoder, decoder. Choose'),
        ([*BUILD, 'tiny-sam', '--shape', 'x=1x3'], 'x=1x3 is for no input of encoder, decoder'),
    ],
)
def test_an_error_is_one_line_and_code_2(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'no model')
    free = write_attention_model(tmp_path / 'free.onnx')
    stands = {'MODEL': model, 'BROKEN': str(broken), 'FREE': str(free)}
    try:
        code = main([stands.get(word, word) for word in words])
    except SystemExit as left:
        code = left.code
    assert code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1]
    assert lines[-1].startswith('isaac-seg: error: ')


def test_inspect_tells_layers_and_memory_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['inspect', 'tiny-unet']) == 0
    told = capsys.readouterr().out
    assert 'by what they write: 55 float32, 1 int64' in told
    assert 'memory    weights 1.8 MB, tensors' in told
