"""Clicks become masks and masks become COCO's annotations, over real HTTP and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import threading
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.evaluation.coco_data import CocoData
import numpy as np
from page_client import PageClient
import pytest

Serve = Callable[..., PageServer]


def mask_of(answer: Any) -> np.ndarray:
    """Return the mask of an answer."""
    return rle.decode(answer['mask'])


def test_the_page_says_what_there_is(serve: Serve, tmp_path: Path) -> None:
    client = PageClient(serve().address)
    assert client.get('/api/session') == {
        'model': 'pair',
        'file': str(tmp_path / 'marks.json'),
        'live': False,
        'pictures': 3,
        'counts': {},
        'categories': [{'id': 1, 'name': 'car'}, {'id': 2, 'name': 'person'}],
    }
    assert client.get('/api/pictures/2') == {
        'name': 'c', 'width': 200, 'height': 50, 'objects': [],
    }  # fmt: skip
    _, headers, body = client.send('GET', '/api/pictures/1/image')
    assert headers['Content-Type'] == 'image/jpeg'
    found = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None and found.shape == (64, 64, 3) and found.min() > 250
    # Nothing is written before there is something to say.
    assert not (tmp_path / 'marks.json').exists()


def test_points_and_boxes_give_the_masks_that_they_show(serve: Serve) -> None:
    client = PageClient(serve().address)
    disc = mask_of(client.ask(0, (64, 48, 1)))
    # 8 pixels of the canvas of 64 are 16 of this black picture.
    y, x = np.mgrid[:96, :128] + 0.5
    np.testing.assert_array_less(np.hypot(x - 64, y - 48)[disc], 17.5)
    assert disc.sum() == pytest.approx(np.pi * 16**2, rel=0.05)
    less = mask_of(client.ask(0, (64, 48, 1), (74, 48, 0)))
    assert not less[48, 74] and less[48, 56] and not (less & ~disc).any()
    box = mask_of(client.ask(0, box=[10, 20, 50, 60]))
    inside = np.zeros((96, 128), bool)
    inside[20:60, 10:50] = True
    assert (box & inside).sum() / (box | inside).sum() > 0.9


def test_a_picture_is_encoded_once_and_each_by_itself(serve: Serve) -> None:
    server = serve()
    client = PageClient(server.address)
    prompter = server.session.prompter
    assert client.post('/api/pictures/0/encode')['ms'] > 0
    first = client.ask(0, (64, 48, 1))
    again = client.ask(0, (20, 20, 1))
    assert prompter.images_encoded == 1
    assert first['area'] > 0 and again['answer'] != first['answer']
    # The white picture's disc is a quarter larger: its own embedding is asked.
    white = client.ask(1, (32, 32, 1))
    assert white['area'] == pytest.approx(np.pi * 10**2, rel=0.05)
    assert prompter.images_encoded == 2
    assert 0 < white['stability'] <= 1 and white['score'] == pytest.approx(0.8) and white['ms'] > 0


def test_a_question_that_waits_while_a_newer_one_comes_is_not_asked(serve: Serve) -> None:
    server = serve()
    client = PageClient(server.address)
    prompter = server.session.prompter
    clicks = {'points': [[5, 5]], 'labels': [1], 'box': None}
    answers: dict[int, int] = {}

    def ask(page: str, turn: int) -> None:
        path = '/api/pictures/0/ask'
        answers[turn] = client.try_post(path, clicks=clicks, page=page, turn=turn)[0]

    # While the network is busy an old question of one page, and one of another page, wait.
    with prompter._network:
        threads = [threading.Thread(target=ask, args=one) for one in (('p', 1), ('q', 10))]
        threads.append(threading.Thread(target=ask, args=('p', 2)))
        for thread in threads:
            thread.start()
        while prompter._newest != {'p': 2, 'q': 10}:
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    assert answers == {1: 409, 2: 200, 10: 200}


def saved(path: Path) -> Any:
    """Return what is on the disk, where nothing else is left over."""
    assert not list(path.parent.glob('.*.part'))
    return json.loads(path.read_text())


def test_objects_are_on_the_disk_after_each_change(serve: Serve, tmp_path: Path) -> None:
    client = PageClient(serve().address)
    path = tmp_path / 'marks.json'
    shown = client.ask(0, (64, 48, 1))
    kept = client.keep(shown, category=2)
    assert kept['saved'] == str(path) and kept['object']['name'] == 'person 1'
    (entry,) = saved(path)['annotations']
    mask = mask_of(shown)
    rows, columns = np.nonzero(mask)
    assert entry['bbox'] == [
        columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1,
    ]  # fmt: skip
    assert (entry['area'], entry['iscrowd'], entry['category_id']) == (mask.sum(), 0, 2)
    np.testing.assert_array_equal(rle.decode(entry['segmentation']), mask)
    assert saved(path)['images'] == [
        {'id': 1, 'file_name': 'photos/a.png', 'height': 96, 'width': 128}
    ]
    client.post('/api/objects/1', category=1, name='my car')
    assert saved(path)['annotations'][0]['category_id'] == 1
    assert saved(path)['annotations'][0]['isaac_seg']['name'] == 'my car'
    # Edited: one more click on the same object.
    client.keep(client.ask(0, (64, 48, 1), (20, 48, 1)), name='my car', replaces=1)
    (entry,) = saved(path)['annotations']
    assert entry['area'] > mask.sum() * 1.5
    assert client.get('/api/pictures/0')['objects'][0]['clicks']['points'] == [[64, 48], [20, 48]]
    client.post('/api/objects/1/remove')
    assert saved(path)['annotations'] == [] and saved(path)['images'] == []
    client.post('/api/objects/1/restore')
    assert len(saved(path)['annotations']) == 1
    assert client.try_post('/api/objects/1/restore')[0] == 404
    assert client.get('/api/session')['counts'] == {'0': 1}


def test_a_number_is_not_given_twice(serve: Serve, tmp_path: Path) -> None:
    client = PageClient(serve().address)
    client.keep(client.ask(0, (30, 48, 1)))
    client.post('/api/objects/1/remove')
    client.keep(client.ask(0, (90, 48, 1)))
    client.post('/api/objects/1/restore')
    assert [one['id'] for one in saved(tmp_path / 'marks.json')['annotations']] == [2, 1]


def test_a_class_alone_is_saved(serve: Serve, tmp_path: Path) -> None:
    client = PageClient(serve().address)
    assert client.post('/api/categories', name='tree')['category'] == 3
    names = [one['name'] for one in saved(tmp_path / 'marks.json')['categories']]
    assert names == ['car', 'person', 'tree']


def test_what_cannot_be_kept_is_told(serve: Serve) -> None:
    client = PageClient(serve().address)
    empty = client.ask(0, (64, 48, 1), (64, 48, 0), (60, 48, 0), (68, 48, 0), (64, 44, 0))
    fields = {'category': 1, 'name': '', 'replaces': 0}
    far = client.ask(0, (64, 48, 0), box=[62, 46, 66, 50])
    assert far['area'] == 0 and empty['area'] > 0
    clicks = {'points': [[64, 48]], 'labels': [0], 'box': None}
    got, body = client.try_post('/api/pictures/0/ask', clicks=clicks, page='p', turn=99)
    assert got == 400 and 'click on it, or drag around it' in body['error']
    for wrong, status, words in (
        ({'answer': far['answer']}, 400, 'empty'),
        ({'answer': 999}, 409, 'click once more'),
        ({'answer': empty['answer'], 'category': 9}, 400, 'no class 9'),
        ({'answer': empty['answer'], 'replaces': 9}, 404, 'no object 9'),
        ({'answer': empty['answer'], 'name': 'x' * 101}, 400, 'letters'),
        ({'answer': empty['answer'], 'name': 'a\nb'}, 400, 'letters'),
    ):
        got, body = client.try_post('/api/objects', **{**fields, **wrong})
        assert got == status and words in body['error']
    assert client.try_post('/api/categories', name=' car ')[0] == 400
    assert client.try_post('/api/categories', name='  ')[0] == 400
    assert client.get('/api/pictures/0')['objects'] == []


def marked(serve: Serve, **options: Any) -> PageClient:
    """Mark two objects of the first picture and one of the third, of three classes."""
    client = PageClient(serve(**options).address)
    client.keep(client.ask(0, (30, 48, 1)))
    client.keep(client.ask(0, box=[60, 20, 120, 80]), category=2)
    tree = client.post('/api/categories', name='tree')['category']
    client.keep(client.ask(2, (100, 25, 1)), category=tree)
    return client


@pytest.mark.filterwarnings('ignore:__array__ implementation')  # of pycocotools
@pytest.mark.parametrize('as_polygons', [False, True])
def test_our_evaluation_and_pycocotools_read_the_file(
    serve: Serve, tmp_path: Path, as_polygons: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    client = marked(serve, as_polygons=as_polygons)
    path = tmp_path / 'marks.json'
    shown = [one for i in (0, 2) for one in client.get(f'/api/pictures/{i}')['objects']]
    entries = saved(path)['annotations']
    assert all(isinstance(one['segmentation'], list) == as_polygons for one in entries)
    data = CocoData(path)
    first, second = list(data)
    assert data.faults == []
    assert data.names == ('background', 'car', 'person', 'tree')
    np.testing.assert_array_equal(first.labels == 1, mask_of(shown[0]))
    np.testing.assert_array_equal(first.labels == 2, mask_of(shown[1]))
    np.testing.assert_array_equal(second.labels == 3, mask_of(shown[2]))
    coco = pytest.importorskip('pycocotools.coco', reason='pip install pycocotools')
    read = coco.COCO(str(path))
    capsys.readouterr()
    assert sorted(read.getImgIds()) == [1, 2] and sorted(read.getCatIds()) == [1, 2, 3]
    for entry, one in zip(entries, shown, strict=True):
        np.testing.assert_array_equal(read.annToMask(entry), mask_of(one))


def test_a_file_of_ours_is_gone_on_with(serve: Serve, tmp_path: Path) -> None:
    before = marked(serve).get('/api/pictures/0')['objects']
    client = PageClient(serve(labels=('person', 'dog')).address)
    assert client.get('/api/pictures/0')['objects'] == before
    session = client.get('/api/session')
    assert session['counts'] == {'0': 2, '2': 1}
    assert [one['name'] for one in session['categories']] == ['car', 'person', 'tree', 'dog']
    assert client.keep(client.ask(1, (32, 32, 1)), category=4)['object']['id'] == 4
    assert len(saved(tmp_path / 'marks.json')['annotations']) == 4


def test_pictures_are_named_from_where_the_file_lies(
    serve: Serve, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere' / 'link.png').symlink_to(photos / 'a.png')
    (tmp_path / 'deep').mkdir()
    (tmp_path / 'way').symlink_to(tmp_path / 'deep')
    inputs = str(tmp_path / 'elsewhere' / 'link.png'), str(photos / 'b.png')
    client = PageClient(serve(*inputs, file='way/marks.json').address)
    client.keep(client.ask(0, (64, 48, 1)))
    client.keep(client.ask(1, (32, 32, 1)))
    names = [one['file_name'] for one in saved(tmp_path / 'deep' / 'marks.json')['images']]
    assert names == ['../elsewhere/link.png', '../photos/b.png']
    assert len(list(CocoData(tmp_path / 'deep' / 'marks.json'))) == 2


def test_a_picture_of_another_size_than_marked_is_told(serve: Serve, photos: Path) -> None:
    marked(serve)
    cv2.imwrite(str(photos / 'a.png'), np.zeros((10, 10, 3), np.uint8))
    status, _, body = PageClient(serve().address).send('GET', '/api/pictures/0')
    assert status == 400 and 'is 10x10 now, and was 128x96' in json.loads(body)['error']


def test_a_file_that_another_program_changed_is_not_replaced(serve: Serve, tmp_path: Path) -> None:
    client = marked(serve)
    path = tmp_path / 'marks.json'
    path.write_text('{"mine": 1}')
    answer = client.post('/api/objects/1', category=1, name='new')
    assert 'changed by another program' in answer['problem'] and answer['object']['name'] == 'new'
    assert path.read_text() == '{"mine": 1}'
    path.unlink()
    assert client.try_post('/api/save')[0] == 200
    assert len(saved(path)['annotations']) == 3


def test_a_disk_that_cannot_be_written_is_told_and_nothing_is_lost(
    serve: Serve, tmp_path: Path
) -> None:
    client = PageClient(serve(file='out/marks.json').address)
    (tmp_path / 'out').write_text('in the way')
    shown = client.ask(0, (64, 48, 1))
    answer = client.keep(shown)
    assert 'cannot be written' in answer['problem'] and answer['object']['id'] == 1
    assert client.try_post('/api/save')[0] == 400
    (tmp_path / 'out').unlink()
    client.post('/api/save')
    assert len(saved(tmp_path / 'out' / 'marks.json')['annotations']) == 1


def test_a_picture_that_is_damaged_is_told_by_name(serve: Serve, photos: Path) -> None:
    (photos / 'b.png').write_bytes(b'no picture')
    client = PageClient(serve().address)
    for path in ('/api/pictures/1', '/api/pictures/1/image'):
        status, _, body = client.send('GET', path)
        assert status == 400 and 'b.png' in json.loads(body)['error']
    assert client.get('/api/pictures/2')['name'] == 'c'
