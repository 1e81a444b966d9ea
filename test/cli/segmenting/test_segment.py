"""What `isaac-seg segment` writes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.rle import decode
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]


def read(path: Path) -> np.ndarray:
    """Read a picture as RGB, or a map of classes as it is."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found[..., ::-1] if found.ndim == 3 else found


def frames(path: Path) -> list[np.ndarray]:
    """Read the frames of a video as RGB."""
    capture = cv2.VideoCapture(str(path))
    found = []
    while (got := capture.read())[0]:
        found.append(got[1][..., ::-1])
    capture.release()
    return found


def names(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {path.name for path in folder.iterdir()}


def test_videos_among_images_are_named_and_other_files_are_not(
    model: str, photos: Path, film: Path, tmp_path: Path, capsys: Capture
) -> None:
    (photos / 'notes.txt').write_text('no picture')
    told = ['segment', '--model', model, '--overwrite']
    assert main([*told, str(photos), str(tmp_path / 'out')]) == 0
    assert 'passed over' not in capsys.readouterr().err
    for count, said in enumerate(('is a video: name it', 'and 1 more are videos: name each')):
        (photos / f'{count}.MP4').write_bytes(film.read_bytes())
        for source in (photos, photos / '*'):
            assert main([*told, str(source), str(tmp_path / 'out')]) == 0
            first = photos / '0.MP4'
            captured = capsys.readouterr()
            line = f'isaac-seg: passed over: {str(first)!r} {said} itself'
            assert captured.err.splitlines()[-1] == line
            assert captured.out.startswith('2 images: ')
    for image in photos.glob('*.png'):
        image.unlink()
    assert main([*told, str(photos), str(tmp_path / 'out')]) == 2
    assert 'are looked for. ' in capsys.readouterr().err


def test_a_folder_becomes_masks_pictures_and_json(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(photos), str(out), '--alpha', '0']) == 0
    assert names(out) == {
        'one.json', 'one_color.png', 'one_mask.png', 'one_overlay.png',
        'two.json', 'two_color.png', 'two_mask.png', 'two_overlay.png',
    }  # fmt: skip
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
    assert content['classes'][0]['boxes'] == [], 'the background is nothing to be boxed'
    assert blue['share'] == pytest.approx(16 / 192)
    np.testing.assert_array_equal(decode(blue['rle']), expected == 2)
    said = capsys.readouterr().out
    assert '2 images: ' in said
    assert 'ms from pixels to mask (median)' in said


@pytest.mark.parametrize(
    ('words', 'files'),
    [
        (['--visualize', 'overlay', '--no-json'], {'two_mask.png', 'two_overlay.png'}),
        (['--visualize', 'mask', '--no-json'], {'two_mask.png', 'two_color.png'}),
        (
            ['--visualize', 'overlay|mask'],
            {'two_mask.png', 'two_color.png', 'two_overlay.png', 'two.json'},
        ),
        (['--mask-frame', 'network', '--no-json'], {'two_mask.png', 'two_color.png'}),
    ],
)
def test_only_what_is_asked_for_is_written(
    model: str, photos: Path, tmp_path: Path, words: list[str], files: set[str], capsys: Capture
) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(photos / 'two.png'), str(out), *words]) == 0
    assert names(out) == files
    captured = capsys.readouterr()
    assert captured.out.startswith('1 image: ')
    assert ('no overlay is written' in captured.err) == ('network' in words)


def test_one_picture_becomes_one_file(model: str, photos: Path, tmp_path: Path) -> None:
    target = tmp_path / 'over.png'
    words = ['segment', '--model', model, str(photos / 'one.png'), str(target), '--alpha', '255']
    assert main(words) == 0
    # segNet's 255 is a mask that hides the image.
    assert read(target)[5, 5].tolist() == [0, 0, 255]


def test_a_name_that_ends_with_a_slash_is_a_folder(
    model: str, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / 'out.png'
    assert main(['segment', '--model', model, str(photos), f'{out}/', '--no-json']) == 0
    assert 'one_mask.png' in names(out)


def test_a_video_becomes_a_video_and_lines_of_json(model: str, film: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', model, str(film), str(out)]) == 0
    assert names(out) == {'film_overlay.mp4', 'film_color.mp4', 'film.jsonl'}
    lines = [json.loads(line) for line in (out / 'film.jsonl').read_text().splitlines()]
    assert [line['time_s'] for line in lines] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert all(line['classes'][0]['name'] == 'green' for line in lines)
    assert len(frames(out / 'film_overlay.mp4')) == 5


def test_a_video_becomes_the_one_video_asked_for(model: str, film: Path, tmp_path: Path) -> None:
    target = tmp_path / 'over.mp4'
    assert main(['segment', '--model', model, str(film), str(target), '--alpha', '0']) == 0
    found = frames(target)
    assert len(found) == 5
    # MP4 keeps colours roughly: green became the red of class 1.
    red, green, _ = found[0].reshape(-1, 3).mean(0)
    assert red > 200
    assert green < 60
    assert target.is_file()
    assert names(tmp_path) == {'brightest.onnx', 'brightest.yaml', 'film.avi', 'over.mp4'}


def test_a_video_that_was_cut_off_is_segmented_and_named(
    model: str, tmp_path: Path, capsys: Capture
) -> None:
    film = tmp_path / 'long.avi'
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for _ in range(30):
        writer.write(noise)
    writer.release()
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    assert main(['segment', '--model', model, str(film), str(tmp_path / 'out')]) == 0
    captured = capsys.readouterr()
    count = int(captured.out.split()[0])
    assert 0 < count < 20
    assert f'ended after {count} of 30 frames' in captured.err


def test_a_picture_that_cannot_be_read_is_passed_over_and_named(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    (photos / 'bad.png').write_bytes(b'no picture')
    assert main(['segment', '--model', model, str(photos), str(tmp_path / 'out')]) == 0
    captured = capsys.readouterr()
    assert 'bad.png' in captured.err
    assert '2 images, 1 passed over: ' in captured.out


def test_pictures_of_one_name_get_names_of_their_own(
    model: str, photos: Path, tmp_path: Path
) -> None:
    words = [str(photos / 'one.png'), str(photos), str(tmp_path / 'out'), '--no-json']
    assert main(['segment', '--model', model, '--visualize', 'mask', *words]) == 0
    assert names(tmp_path / 'out') == {
        'one_mask.png', 'one_color.png', 'one_2_mask.png', 'one_2_color.png', 'two_mask.png',
        'two_color.png',
    }  # fmt: skip
