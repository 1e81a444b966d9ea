"""The command line, typed right and typed wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
import shlex
import subprocess
import sys

from isaac_seg_py.cli.main import main, VERBS
from isaac_seg_py.graphs import find_graph
import pytest

ROOT = Path(__file__).parent.parent.parent


WRONG: list[tuple[list[str], str]] = [
    (['segmnt'], "no verb 'segmnt'. Did you mean segment?"),
    (['segment', '--model', 'tiny-unt', 'PHOTOS', 'out'], 'Did you mean tiny-unet?'),
    (['segment', '--model', '/none.onnx', 'PHOTOS', 'out'], "'/none.onnx' does not exist"),
    (
        ['segment', '--model', '/none.yaml', 'PHOTOS', 'out'],
        "manifest '/none.yaml' does not exist",
    ),
    (['inspect', 'nothing'], "no model 'nothing'"),
    (['run', 'unett'], "no graph 'unett'. Did you mean unet?"),
    (['run', 'sam2'], "no graph 'sam2'. Did you mean segment_anything2?"),
    (['run', 'segment_anything', 'model:=tiny-sam2'], 'opens it, and the graph segment_anything2'),
    (
        ['track', 'PHOTOS', 'out', '--point', '1,1', '--model', 'tiny-unet'],
        'model tiny-unet is of family unet; to follow objects one of family sam2, as tiny-sam2, '
        'or of family sam, as tiny-sam,',
    ),
    (['run', 'unet', 'source=scene'], "'source=scene' came; name:=value is expected"),
    (['run', 'unet', 'sauce:=scene'], "no argument 'sauce'. Did you mean source? It has alpha"),
    (['run', 'unet', 'container:=c'], 'container:= is for `ros2 launch`'),
    (
        ['run', 'unet', '--namespace', 'a', 'source:=scene', 'namespace:=b'],
        "namespace came twice, as 'a' and as 'b'",
    ),
    (['run', 'unet', 'params_file:=/none'], "parameter file '/none' cannot be read"),
    (['run', '--params-file', '/none', 'unet', 'rate:=1'], "parameter file '/none' cannot be"),
    (['demo', '--seconds', '0'], '--seconds is 0'),
    (['demo', '--rate', '-1'], '--rate is -1; 0.01 to 1000 is expected'),
    (['demo', '--rate', 'nan'], '--rate is nan'),
]


@pytest.mark.parametrize(('words', 'said'), WRONG, ids=[said for _, said in WRONG])
def test_a_mistake_is_one_line_and_exit_code_2(
    model: str,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {'MODEL': model, 'PHOTOS': str(photos)}
    for name, value in names.items():
        words = [word.replace(name, value) for word in words]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith('isaac-seg: error: ')
    assert error.count('\n') == 1
    assert said in error


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['segment'], 'required: input, output. See isaac-seg segment --help'),
        (['segment', 'a', 'b', '--ovewrite'], 'Did you mean --overwrite? See isaac-seg segment'),
        (
            ['segment', '--alpha', 'half', 'a', 'b'],
            "argument --alpha: invalid float value: 'half'",
        ),
        (['models', '--jsno'], 'Did you mean --json? See isaac-seg models --help'),
        (['--versoin'], 'unrecognized arguments: --versoin. Did you mean --version?'),
    ],
)
def test_wrong_options_are_one_line_too(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith('isaac-seg: error: ')
    assert error.count('\n') == 1
    assert said in error


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '>&- 2>&-'])
def test_a_closed_output_is_no_traceback(
    model: str, photos: Path, tmp_path: Path, closed: str
) -> None:
    words = ['segment', '--model', model, str(photos), str(tmp_path / 'out')]
    line = shlex.join([sys.executable, '-m', 'isaac_seg_py', *words])
    done = subprocess.run(
        ['sh', '-c', f'{line} {closed}'], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert 'Traceback' not in done.stderr
    assert (tmp_path / 'out/two.json').is_file()


def test_a_full_disk_behind_the_output_is_one_line() -> None:
    with open('/dev/full', 'w') as full:
        done = subprocess.run(
            [sys.executable, '-m', 'isaac_seg_py', 'inspect', 'tiny-unet'],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, 'PYTHONUNBUFFERED': ''},
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == 'isaac-seg: error: No space left on device\n'


def test_models_are_listed_and_a_broken_one_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'broken.yaml').write_text('name: [')
    (tmp_path / 'far_away.yaml').write_text('name: far-away\nfamily: unet\nfile: far.onnx\n')
    monkeypatch.setenv('ISAAC_SEG_MODELS', str(tmp_path))
    assert main(['models', '--json']) == 0
    rows = {row['name']: row for row in json.loads(capsys.readouterr().out)}
    assert 'cannot be read' in rows['broken']['error']
    assert rows['far-away']['on_disk'] is False
    assert rows['tiny-unet']['on_disk'] is True
    assert main(['models']) == 0
    assert 'broken' in capsys.readouterr().out


def test_inspect_shows_what_the_network_takes_and_gives(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['inspect', model]) == 0
    shown = capsys.readouterr().out
    assert 'image float32 [1, 3, 12, 16]' in shown
    assert 'red, green, blue' in shown
    assert main(['inspect', model, '--json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts['encode']['network_image_height'] == 12
    assert facts['decode']['network_output_type'] == 'logits'


def test_inspect_warns_of_labels_and_colours_that_do_not_fit(
    model: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert main(['inspect', model]) == 0
    assert not caplog.text
    text = Path(model).read_text().replace('[red, green, blue]', '[red]')
    (tmp_path / 'few.yaml').write_text(text.replace(', 0x0000FF]', ']'))
    assert main(['inspect', str(tmp_path / 'few.yaml')]) == 0
    assert 'the network has 3 classes, but 1 class names came' in caplog.text
    assert '2 colours came' in caplog.text


def test_the_arguments_of_a_graph_stand_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['run', '--show-args', 'unet']) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    texts = {argument.name: argument.text for argument in find_graph('unet').arguments}
    columns = {line.index(texts[line.split(':=')[0].strip()]) for line in lines}
    assert len(columns) == 1
    backend = next(line for line in lines if line.startswith('  backend:='))
    assert 'One of auto, tensorrt' in backend


@pytest.mark.parametrize(
    'words',
    [[], ['--help'], ['run', 'unet', '--show-args'], *([verb, '--help'] for verb in VERBS)],
    ids=' '.join,
)
def test_help_is_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(words) == 0
    except SystemExit as ended:
        assert ended.code == 0
    assert len(capsys.readouterr().out) > 200
