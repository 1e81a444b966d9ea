"""The verb: what it says, how it ends, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
from pathlib import Path
import signal
from typing import Any

from annotate_process import AnnotateProcess
import cv2
from isaac_seg_py.annotate.pictures import Pictures
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError, ImageError
import numpy as np
from page_client import PageClient
import pytest


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Give a video of 90 frames whose brightness is twice their number."""
    path = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    for number in range(90):
        writer.write(np.full((48, 64, 3), 2 * number, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_and_says_what_is_saved_where(
    model: str, photos: Path, tmp_path: Path, number: signal.Signals
) -> None:
    arguments = (str(photos), '--model', model, '--labels', 'car, tree')
    with AnnotateProcess(*arguments, folder=tmp_path) as verb:
        client = PageClient(verb.address)
        client.keep(client.ask(0, (64, 48, 1)), category=2)
        client.keep(client.ask(0, (20, 20, 1)))
        client.send('GET', '/', Host='evil.example')
        code, said, log = verb.end(number)
    file = tmp_path / 'annotations.json'
    assert 'a new file' in verb.said
    assert f'2 objects on 1 picture: saved in {file}' in said
    # Quiet, unless asked: not even what was refused.
    assert (code, log) == (0, '')
    assert [one['name'] for one in json.loads(file.read_text())['categories']] == ['car', 'tree']
    with AnnotateProcess(str(photos), '--model', model, '--verbose', folder=tmp_path) as verb:
        assert '2 objects are in it' in verb.said
        assert PageClient(verb.address).get('/api/session')['counts'] == {'0': 2}
        code, said, log = verb.end(number)
    assert 'GET /api/session' in log and '2 objects on 1 picture' in said


def test_nothing_is_written_where_nothing_was_marked(
    model: str, photos: Path, tmp_path: Path
) -> None:
    arguments = (str(photos), '--model', model, '--set', 'multimask=single')
    with AnnotateProcess(*arguments, folder=tmp_path) as verb:
        # The first mask's score, where that of the best of the others is 0.8.
        assert PageClient(verb.address).ask(0, (64, 48, 1))['score'] == pytest.approx(0.9)
        code, said, _ = verb.end()
    assert code == 0 and '0 objects on 0 pictures: nothing was written' in said
    assert not (tmp_path / 'annotations.json').exists()


def test_frames_of_a_video_are_read_by_number_and_written_when_marked(
    model: str, film: Path, tmp_path: Path
) -> None:
    with AnnotateProcess(str(film), '--model', model, folder=tmp_path) as verb:
        client = PageClient(verb.address)
        assert client.get('/api/session')['pictures'] == 90
        client.keep(client.ask(70, (30, 20, 1)))
        verb.end()
    (image,) = json.loads((tmp_path / 'annotations.json').read_text())['images']
    assert image['file_name'] == 'annotations_frames/film_000070.png'
    frame = cv2.imread(str(tmp_path / image['file_name']))
    assert frame is not None and frame.mean() == pytest.approx(140, abs=3)
    assert len(list((tmp_path / 'annotations_frames').iterdir())) == 1


def test_frames_are_found_in_any_order(film: Path) -> None:
    with Pictures([str(film)]) as pictures:
        for number in (0, 1, 5, 80, 3, 40, 89, 88, 0):
            found = pictures.read(number).mean()
            assert found == pytest.approx(2 * number, abs=3), number
        assert pictures[7].name == 'film_000007'


def test_pictures_of_the_same_name_are_told_apart(photos: Path, film: Path) -> None:
    with Pictures([str(photos), str(photos / 'a.png'), str(film), str(film)]) as pictures:
        names = [still.name for still in pictures.since(0)]
    assert len(set(names)) == len(names) == 3 + 1 + 180
    assert names[3] == 'a_2' and names[-1] == 'film_2_000089'


def test_of_frozen_frames_the_last_are_kept() -> None:
    with Pictures([]) as pictures:
        for number in range(20):
            pictures.freeze(f'f{number}', np.full((4, 4, 3), number, np.uint8))
        assert pictures.read(19)[0, 0, 0] == 19
        with pytest.raises(ImageError, match='f2 is gone'):
            pictures.read(2)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the sentence of a run that is refused."""
    assert main(['annotate', *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    'content', ['{}', '[1]', 'text', '', '{"info": {"description": "mine"}, "images": []}']
)
def test_a_file_that_is_not_ours_is_never_replaced(
    content: str, model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / 'other.json'
    file.write_text(content)
    said = refused(capsys, str(photos), '--model', model, '--out', str(file))
    assert 'was not written by isaac-seg annotate' in said and '--out' in said
    assert file.read_text() == content


@pytest.mark.parametrize(
    ('spoil', 'words'),
    [
        (lambda content: content.pop('annotations'), 'damaged'),
        (lambda content: content['annotations'][0].pop('isaac_seg'), 'object 1 cannot be read'),
        (lambda content: content['annotations'][0].update(segmentation={}), 'object 1'),
        (lambda content: content['annotations'][0].update(image_id=7), 'damaged'),
        (lambda content: content['annotations'][0].update(category_id=7), 'class 7'),
        (lambda content: content['images'][0].pop('height'), 'damaged'),
        (lambda content: content['annotations'].append(content['annotations'][0]), 'given twice'),
        (lambda content: content['categories'].append(content['categories'][0]), 'given twice'),
        (lambda content: content['images'].append(content['images'][0]), 'there twice'),
        (lambda content: content['images'].append({**content['images'][0], 'id': 2}), 'twice'),
        (lambda content: content['images'][0].update(id='x'), 'damaged'),
        (lambda content: content['annotations'][0].update(track_id=math.inf), 'object 1'),
        (lambda content: content['annotations'][0].update(id=math.inf), 'damaged'),
        (
            lambda content: content['annotations'][0]['isaac_seg']['clicks'].update(
                points=[[10**400, 5]]
            ),
            'a point is not 2 numbers',
        ),
    ],
)
def test_a_file_of_ours_that_is_damaged_is_told(
    spoil: Callable[[Any], object], words: str, serve: Callable[..., PageServer], model: str,
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    client = PageClient(serve().address)
    client.keep(client.ask(0, (64, 48, 1)))
    file = tmp_path / 'marks.json'
    content = json.loads(file.read_text())
    spoil(content)
    file.write_text(json.dumps(content))
    said = refused(capsys, str(photos), '--model', model, '--out', str(file))
    assert words in said and 'marks.json' in said
    assert json.loads(file.read_text()) == content


def test_wrong_arguments_are_told(
    model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 'nothing to show' in refused(capsys)
    assert 'does not exist' in refused(capsys, str(tmp_path / 'no.png'), '--model', model)
    assert '--port' in refused(capsys, str(photos), '--model', model, '--port', '70000')
    labels = ('--labels', 'x' * 101)
    assert 'letters is expected' in refused(capsys, str(photos), '--model', model, *labels)
    for live in ('/dev/null', 'rtsp://127.0.0.1:9/camera'):
        with pytest.raises(ConfigError, match='--topic'):
            Pictures([live])
