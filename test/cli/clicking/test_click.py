"""`isaac-seg click`: scripts of clicks and keys through scenes and folders; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

from color_boxes import picture
import cv2
from isaac_seg_py import rle
from isaac_seg_py.cli.clicking.script import ClickScript
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.prompted import overlap
from isaac_seg_py.media import read_frames, write_image
from isaac_seg_py.polygons import deepest
from isaac_seg_py.scenes import make_video
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
SEED = 810_007


def test_a_script_follows_the_objects_of_a_scene(tmp_path: Path, capsys: Capture) -> None:
    film = make_video(SEED, frames=6)
    numbers = [number for number in film[0].boxes if np.sum(film[0].instances == number) > 2000]
    lines = ['# the larger ones', '']
    for number in numbers:
        x, y = deepest(film[0].instances == number)
        lines += [f'0 click {x},{y} left', '0 key n']
    script = tmp_path / 'clicks.txt'
    script.write_text('\n'.join([*lines, '3 key s', '5 key q', '9 key c']))
    out = tmp_path / 'out'
    words = ['--script', str(script), '--threads', '1']
    assert main(['click', f'scene:{SEED}', str(out), *words]) == 0
    said = capsys.readouterr()
    assert f'{len(numbers)} objects by clicks in 6 pictures' in said.out
    assert "'9 key c': no such picture came" in said.err
    told = [json.loads(line) for line in (out / f'scene_{SEED}.jsonl').read_text().splitlines()]
    assert len(told) == len(film)
    for index, number in enumerate(numbers):
        shares = [
            overlap(rle.decode(one['objects'][index]['rle']), scene.instances == number)
            for one, scene in zip(told, film, strict=True)
        ]
        assert np.mean(shares) >= 0.7
        assert min(shares) >= 0.5
    seen = [one.image for one in read_frames(str(out / f'scene_{SEED}_overlay.mp4'))]
    assert len(seen) == len(film)
    name = f'scene_{SEED}_000003'
    assert {file.name for file in (out / 'saved').iterdir()} == {
        f'{name}_mask.png', f'{name}_overlay.png', f'{name}.json'
    }  # fmt: skip
    labels = cv2.imread(str(out / 'saved' / f'{name}_mask.png'), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(labels)) == {0, *range(1, len(numbers) + 1)}
    assert main(['click', f'scene:{SEED}', str(out), *words]) == 2
    assert 'files are there already' in capsys.readouterr().err


def test_pictures_of_a_folder_are_one_film(
    color_networks: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder, script = tmp_path / 'pictures', tmp_path / 'clicks.txt'
    folder.mkdir()
    for number in range(4):
        write_image(folder / f'{number}.png', picture())
    script.write_text('1 click 16,12\n1 key space\n1 key n\n1 key space\n2 key d 2,44\n')
    out = tmp_path / 'out'
    words = [
        '--model',
        str(color_networks),
        '--threads',
        '1',
        '--count',
        '3',
        '--script',
        str(script),
    ]
    (out / 'saved').mkdir(parents=True)
    assert main(['click', str(folder), str(out), *words]) == 2
    assert "saved' is there already" in capsys.readouterr().err
    (out / 'saved').rmdir()
    assert main(['click', str(folder), str(out), *words]) == 0
    assert "'2 key d 2,44': no object is under the mouse" in capsys.readouterr().err
    told = [json.loads((out / f'{number}.json').read_text()) for number in range(3)]
    assert [len(one['objects']) for one in told] == [0, 1, 1]
    assert not (out / '3.json').exists()


@pytest.mark.parametrize(
    'line', ['0', 'x click 1,1', '0 click', '0 click 1', '0 click 1,-1', '0 click 1,1 middle',
             '0 key', '0 key z', '0 key d 1', '0 drag 1,1', '0 click 1,1 left now']
)  # fmt: skip
def test_lines_that_say_nothing_clear_are_refused(line: str) -> None:
    with pytest.raises(ConfigError, match=r'line 2 of the script is .*12 click 320,240 left'):
        ClickScript(f'# first\n{line}\n')


@pytest.mark.parametrize('text', ['3 key space', '3 key space\n4 key space'])
def test_a_script_that_would_pause_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match='pauses with'):
        ClickScript(text)


@pytest.mark.parametrize(
    ('words', 'script', 'said'),
    [
        (['scene', 'out'], '0 key n', 'has no end; give --count N'),
        (['scene', 'out', '--count', '0'], '0 key n', '--count is 0'),
        (
            ['scene', 'out', '--model', 'tiny-sam'],
            '0 key q',
            'follows nothing: isaac-seg',
        ),
        (['scene', 'one.mp4'], '0 key q', 'is one file; a folder is expected'),
        (['none.mp4', 'out'], '0 key q', 'does not exist'),
        (['scene', 'out', '--alpha', '2'], '0 key q', '--alpha is 2'),
        (['scene', 'out'], 'what?', 'line 1 of the script'),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    words: list[str],
    script: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path('clicks.txt').write_text(script)
    assert main(['click', *words, '--script', 'clicks.txt']) == 2
    assert said in capsys.readouterr().err
    assert not Path('out').exists()


@pytest.mark.skipif('GUI:                           NONE' not in cv2.getBuildInformation(),
                    reason='this OpenCV has windows')  # fmt: skip
def test_an_opencv_without_windows_is_told_in_one_sentence(
    tmp_path: Path, capsys: Capture
) -> None:
    assert main(['click', 'scene', str(tmp_path / 'out'), '--count', '1']) == 2
    said = capsys.readouterr().err
    assert said.count('\n') == 1
    assert 'pip install opencv-python in the place of opencv-python-headless' in said
    assert not (tmp_path / 'out').exists()
