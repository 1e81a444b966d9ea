"""The command line, typed right and typed wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.rle import decode
import numpy as np
import pytest
import tiny_models


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Give a network whose classes are the brightest channel, with a manifest."""
    tiny_models.brightest_channel(tmp_path / 'brightest.onnx', (12, 16))
    (tmp_path / 'brightest.yaml').write_text(
        'name: brightest\nfamily: unet\nfile: brightest.onnx\n'
        'output: {kind: logits, layout: NCHW}\n'
        'labels: [red, green, blue]\npalette: [0x010203, 0xFF0000, 0x0000FF]\n'
    )
    return str(tmp_path / 'brightest.yaml')


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give a folder of two pictures: red with a blue square, all green."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    red = np.zeros((12, 16, 3), np.uint8)
    red[..., 2] = 200
    red[4:8, 4:8] = (200, 0, 0)
    green = np.zeros((12, 16, 3), np.uint8)
    green[..., 1] = 200
    for name, image in (('one', red), ('two', green)):
        cv2.imwrite(str(folder / f'{name}.png'), image)
    return folder


def read(path: Path) -> np.ndarray:
    """Read a picture as RGB, or a map of classes as it is."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found[..., ::-1] if found.ndim == 3 else found


def test_a_folder_becomes_masks_pictures_and_json(
    model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(photos), str(out), '--alpha', '0']) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        'one.json', 'one_color.png', 'one_mask.png', 'one_overlay.png',
        'two.json', 'two_color.png', 'two_mask.png', 'two_overlay.png',
    ]  # fmt: skip
    mask = read(out / 'one_mask.png')
    expected = np.zeros((12, 16), np.uint8)
    expected[4:8, 4:8] = 2
    np.testing.assert_array_equal(mask, expected)
    color = read(out / 'one_color.png')
    assert color[0, 0].tolist() == [1, 2, 3]
    assert color[5, 5].tolist() == [0, 0, 255]
    overlay = read(out / 'one_overlay.png')
    assert overlay[0, 0].tolist() == [200, 0, 0], 'the background stays as it is'
    assert overlay[5, 5].tolist() == [0, 0, 255]
    content = json.loads((out / 'one.json').read_text())
    assert [(c['id'], c['name'], c['pixels']) for c in content['classes']] == [
        (0, 'red', 176), (2, 'blue', 16),
    ]  # fmt: skip
    blue = content['classes'][1]
    assert blue['boxes'] == [[4, 4, 8, 8]]
    assert blue['share'] == pytest.approx(16 / 192)
    np.testing.assert_array_equal(decode(blue['rle']), expected == 2)
    assert '2 images' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('words', 'files'),
    [
        (['--visualize', 'overlay', '--no-json'], {'two_mask.png', 'two_overlay.png'}),
        (['--visualize', 'mask', '--no-json'], {'two_mask.png', 'two_color.png'}),
        (
            ['--visualize', 'overlay|mask'],
            {'two_mask.png', 'two_color.png', 'two_overlay.png', 'two.json'},
        ),
    ],
)
def test_only_what_is_asked_for_is_written(
    model: str, photos: Path, tmp_path: Path, words: list[str], files: set[str]
) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(photos / 'two.png'), str(out), *words]) == 0
    assert {p.name for p in out.iterdir()} == files


def test_one_picture_becomes_one_file(model: str, photos: Path, tmp_path: Path) -> None:
    target = tmp_path / 'over.png'
    words = ['segment', '--model', model, str(photos / 'one.png'), str(target), '--alpha', '255']
    assert main(words) == 0
    # segNet's 255 is a mask that hides the image.
    assert read(target)[5, 5].tolist() == [0, 0, 255]


def test_a_video_becomes_a_video_and_lines_of_json(model: str, tmp_path: Path) -> None:
    source = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(source), cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    for _ in range(5):
        writer.write(np.full((48, 64, 3), (0, 200, 0), np.uint8))
    writer.release()
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(source), str(out)]) == 0
    assert {p.name for p in out.iterdir()} == {'film_overlay.mp4', 'film_color.mp4', 'film.jsonl'}
    lines = [json.loads(line) for line in (out / 'film.jsonl').read_text().splitlines()]
    assert [line['time_s'] for line in lines] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert all(line['classes'][0]['name'] == 'green' for line in lines)
    capture = cv2.VideoCapture(str(out / 'film_overlay.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    capture.release()


def test_a_picture_that_cannot_be_read_is_passed_over_and_named(
    model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / 'bad.png').write_bytes(b'no picture')
    assert main(['segment', '--model', model, str(photos), str(tmp_path / 'out')]) == 0
    captured = capsys.readouterr()
    assert 'bad.png' in captured.err
    assert '2 images' in captured.out
    assert '1 passed over' in captured.out


WRONG: list[tuple[list[str], str]] = [
    (['segmnt'], "no verb 'segmnt'. Did you mean segment?"),
    (['segment', '--model', 'tiny-unt', 'PHOTOS', 'out'], 'Did you mean tiny-unet?'),
    (['segment', '--model', 'MODEL', '/none', 'out'], "'/none' does not exist"),
    (['segment', '--model', 'MODEL', 'PHOTOS/*.gif', 'out'], 'no image fits the pattern'),
    (['segment', '--model', 'MODEL', 'EMPTY', 'out'], 'has no image'),
    (['segment', '--model', 'MODEL', 'PHOTOS', 'out.png'], 'several pictures come; give a folder'),
    (['segment', '--model', 'MODEL', 'PHOTOS', 'out', '--alpha', '300'], '--alpha is 300'),
    (
        ['segment', '--model', 'MODEL', 'PHOTOS', 'out', '--visualize', 'all'],
        "--visualize is 'all'",
    ),
    (['segment', '--model', 'MODEL', 'PHOTOS', 'out', '--set', 'fit=zoom'], "fit is 'zoom'"),
    (['segment', '--model', 'MODEL', 'PHOTOS', 'out', '--set', 'fi=zoom'], "--set 'fi=zoom'"),
    (['segment', '--model', 'MODEL', 'PHOTOS', 'out', '--backend', 'magic'], "backend is 'magic'"),
    (['segment', '--model', 'MODEL', 'PHOTOS/one.png', 'PHOTOS/one.png'], 'is the input'),
    (['segment', '--model', '/none.onnx', 'PHOTOS', 'out'], "'/none.onnx' does not exist"),
    (
        ['segment', '--model', '/none.yaml', 'PHOTOS', 'out'],
        "manifest '/none.yaml' does not exist",
    ),
    (['inspect', 'nothing'], "no model 'nothing'"),
    (['run', 'unett'], "no graph 'unett'. Did you mean unet?"),
    (['run', 'unet', 'source=scene'], "'source=scene' came; name:=value is expected"),
    (['run', 'unet', 'sauce:=scene'], "no argument 'sauce'; did you mean source"),
    (['demo', '--seconds', '0'], '--seconds is 0'),
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
    (tmp_path / 'empty').mkdir()
    names = {'MODEL': model, 'PHOTOS': str(photos), 'EMPTY': str(tmp_path / 'empty')}
    for name, value in names.items():
        words = [word.replace(name, value) for word in words]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith('isaac-seg: error: ')
    assert error.count('\n') == 1
    assert said in error


@pytest.mark.parametrize(
    'words', [['segment'], ['segment', 'a', 'b', '--frames'], ['models', '--x']]
)
def test_wrong_options_are_one_line_too(words: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count('\n') == 1


def test_nothing_is_replaced_without_being_told_to(
    model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ['segment', '--model', model, str(photos / 'one.png'), str(tmp_path / 'out')]
    assert main(words) == 0
    assert main(words) == 2
    assert '--overwrite' in capsys.readouterr().err
    assert main([*words, '--overwrite']) == 0


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
    table = capsys.readouterr().out
    assert 'broken' in table
    assert 'missing' in table


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


@pytest.mark.parametrize(
    'words', [[], ['--help'], ['segment', '--help'], ['run', 'unet', '--show-args']]
)
def test_help_is_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(words) == 0
    except SystemExit as ended:
        assert ended.code == 0
    assert len(capsys.readouterr().out) > 200
