"""Clicks become masks and masks become objects, over real HTTP and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import threading

import cv2
from isaac_seg_py.annotate.server import PageServer
import numpy as np
from page_client import mask_of, PageClient
import pytest

Serve = Callable[..., PageServer]


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


def test_a_picture_that_is_damaged_is_told_by_name(serve: Serve, photos: Path) -> None:
    (photos / 'b.png').write_bytes(b'no picture')
    client = PageClient(serve().address)
    for path in ('/api/pictures/1', '/api/pictures/1/image'):
        status, _, body = client.send('GET', path)
        assert status == 400 and 'b.png' in json.loads(body)['error']
    assert client.get('/api/pictures/2')['name'] == 'c'
