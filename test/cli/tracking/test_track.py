"""`isaac-seg track`: objects through videos and folders of pictures."""

from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import signal

from color_boxes import GREEN, is_on, lines, picture, RED, text
import cv2
from isaac_seg_py import rle
from isaac_seg_py.cli.main import main
from isaac_seg_py.cli.tracking.followed import FollowedMasks, FollowedObjects
from isaac_seg_py.media import read_frames, VideoWriter
from isaac_seg_py.scenes import make_video
import numpy as np
import pytest

Run = Callable[..., int]


def test_objects_of_a_video_are_followed_and_corrected(
    track: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / 'film.mp4'
    with VideoWriter(film, 10.0, (48, 64)) as writer:
        for number in range(8):
            writer.write(picture(number))
    out = tmp_path / 'out'
    words = ['--box', f'cup={text(RED)}', '--at', '0.5', '--point', 'plate=52,32']
    assert track(film, out, *words) == 0
    assert '2 objects through 8 pictures' in capsys.readouterr().out
    told = lines(out / 'film.jsonl')
    assert [one['time_s'] for one in told] == pytest.approx([n / 10 for n in range(8)])
    assert [len(one['objects']) for one in told] == [1] * 5 + [2] * 3
    for number, one in enumerate(told):
        cup = one['objects'][0]
        assert (cup['id'], cup['name'], cup['label']) == ('cup', 'cup', 1)
        # A compressed film has soft colours: the networks see them as they are at first.
        assert cup['visible']
        assert is_on(cup, RED, number), number
        mask = rle.decode(cup['rle'])
        assert (mask.shape, int(mask.sum())) == ((48, 64), cup['area'])
    shown = [frame.image for frame in read_frames(str(out / 'film_overlay.mp4'))]
    assert len(shown) == 8
    assert np.abs(shown[3].astype(int) - picture(3)).max() > 60, 'something lies over the film'


def test_a_later_box_moves_an_object(track: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    words = ['--box', f'one={text(RED)}', '--at', '2', '--box', f'one={text(GREEN, 2)}']
    # With the memory of one frame the colour of the first box is forgotten.
    for name in ('max_cond_frames', 'memory_frames', 'max_pointers'):
        words += ['--set', f'{name}=1']
    assert track(folder, out, '--rate', '1', *words) == 0
    places = []
    for number in range(6):
        (one,) = json.loads((out / f'{number}.json').read_text())['objects']
        places.append('red' if is_on(one, RED, number) else
                      'green' if is_on(one, GREEN, number) else 'lost')  # fmt: skip
    assert places == ['red'] * 2 + ['green'] * 4
    labels = cv2.imread(str(out / '5_mask.png'), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(labels)) == {0, 1}


def test_one_overlay_and_masks_in_colours(track: Run, folder: Path, tmp_path: Path) -> None:
    assert track(folder, tmp_path / 'out', '--mask', '--no-json', '--point', '16,12') == 0
    names = {file.name for file in (tmp_path / 'out').iterdir()}
    assert '3_color.png' in names
    assert not any(name.endswith('.json') for name in names)


@pytest.mark.parametrize('more', [[], ['--model', 'tiny-sam']])
def test_what_is_due_in_one_picture_is_shown_together(
    track: Run, folder: Path, tmp_path: Path, more: list[str]
) -> None:
    words = ['--rate', '1', '--at', '0.1', '--box', 'a=1,1,5,5', '--point', 'b=48,32', '--at']
    words += ['0.2', '--box', f'a={text(RED, 1)}', '--at', '0.3', '--point', 'a=2,40,0']
    assert track(folder, tmp_path / 'out', *words, *more) == 0
    counts = []
    for number in range(6):
        told = json.loads((tmp_path / 'out' / f'{number}.json').read_text())['objects']
        counts.append([one['id'] for one in told])
        if number and not more:
            assert is_on(told[0], RED, number)
    assert counts == [[], *[['a', 'b']] * 5]


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ([], 'nothing is shown'),
        (['--at', 'noon', '--point', '1,1'], "--at is 'noon'"),
        (['--point', '1,1', '--at', '99'], 'no --box or --point follows --at 99; it stands'),
        (['--at', '3', '--at', '4', '--point', '1,1'], 'follows --at 3;'),
        (['--point', '99,1'], 'point (99, 1) of object'),
        (['--box', '5,5,5,9'], 'x1 < x2'),
        (['--point', '1,1', '--alpha', '3'], '--alpha is 3'),
        (['--point', '1,1', '--set', 'multimask=all'], 'multimask'),
    ],
)
def test_what_cannot_be_is_told(
    track: Run,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    assert track(folder, tmp_path / 'out', *words) == 2
    assert said in capsys.readouterr().err


def test_what_comes_after_the_end_is_told(
    track: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ['--point', 'a=16,12', '--at', '60', '--point', 'b=1,1']
    assert track(folder, tmp_path / 'out', '--rate', '4', *words) == 1
    said = 'the last picture is at 1.25 s; the prompt of 60 s for b was not used'
    assert said in capsys.readouterr().err
    assert (tmp_path / 'out' / '5.json').exists()


def test_ctrl_c_keeps_what_was_done(
    track: Run,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follow = FollowedObjects.at

    def interrupted(self: FollowedObjects, image: np.ndarray, time_s: float) -> FollowedMasks:
        if time_s == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return follow(self, image, time_s)

    monkeypatch.setattr(FollowedObjects, 'at', interrupted)
    words = ['--point', 'a=16,12', '--at', '60', '--point', 'b=1,1', '--rate', '1']
    assert track(folder, tmp_path / 'out', *words) == 128 + signal.SIGINT
    said = capsys.readouterr().err
    assert 'stopped before the end; what was done is kept' in said
    assert 'not used' not in said
    assert {one.stem for one in (tmp_path / 'out').glob('*.json')} == {'0', '1', '2'}


def test_a_model_of_single_images_follows_by_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, scenes = tmp_path / 'film.mp4', make_video(800_001, 5, (240, 320), 2)
    with VideoWriter(film, 10.0, (240, 320)) as writer:
        for scene in scenes:
            writer.write(scene.image)
    shown = []
    for number, box in scenes[0].boxes.items():
        shown += ['--box', f'{number}={",".join(map(str, box))}']
    given = ['track', str(film), str(tmp_path), '--model', 'tiny-sam', '--threads', '1', *shown]
    assert main(given) == 0
    assert '2 objects through 5 pictures' in capsys.readouterr().out
    for one, scene in zip(lines(tmp_path / 'film.jsonl'), scenes, strict=True):
        for found in one['objects']:
            mask, truth = rle.decode(found['rle']), scene.instances == int(found['id'])
            assert (mask & truth).sum() / (mask | truth).sum() > 0.6
    # What only a memory has is no setting of it.
    assert main([*given, '--overwrite', '--set', 'memory_frames=2']) == 2
    assert 'memory_frames' in capsys.readouterr().err


def test_pictures_of_a_folder_become_one_video(
    track: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / 'film.mp4'
    assert track(folder, film, '--rate', '4', '--point', '16,12') == 0
    said = capsys.readouterr()
    assert '1 object through 6 pictures' in said.out
    assert said.err.startswith('track')
    frames = list(read_frames(str(film)))
    assert [frame.time_s for frame in frames] == pytest.approx([n / 4 for n in range(6)])
    assert np.abs(frames[3].image.astype(int) - picture(3)).max() > 60, 'something lies over it'
    assert track(folder, film, '--point', '16,12') == 2
    assert "film.mp4' is there already" in capsys.readouterr().err


def test_an_object_is_named_once_where_its_box_is_wrong(
    track: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert track(folder, tmp_path / 'out', '--box', '5,5,5,9') == 2
    assert capsys.readouterr().err.startswith("isaac-seg: error: the box of object 'object_1' is")


@pytest.mark.parametrize(('left', 'is_told'), [(-40, True), (-8, False)])
def test_a_box_that_lies_outside_for_the_most_part_is_taken_and_told(
    track: Run, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    left: int, is_told: bool,
) -> None:  # fmt: skip
    out = tmp_path / 'out'
    assert track(folder, out, '--box', f'cup={left},6,24,18') == 0
    assert len(json.loads((out / '5.json').read_text())['objects']) == 1
    told = "the box of object 'cup' is cut by the image of 64x48: 62 % of it lies outside"
    assert [record.getMessage().startswith(told) for record in caplog.records] == [True] * is_told
