"""What was marked is on the disk after each change, as COCO says it, and gone on with."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.evaluation.coco_data import CocoData
import numpy as np
from page_client import mask_of, PageClient
import pytest

Serve = Callable[..., PageServer]


def saved(path: Path) -> Any:
    """Return what is on the disk, where nothing else is left over."""
    assert not list(path.parent.glob('.*.part'))
    return json.loads(path.read_text())


def marked(serve: Serve, **options: Any) -> PageClient:
    """Mark two objects of the first picture and one of the third, of three classes."""
    client = PageClient(serve(**options).address)
    client.keep(client.ask(0, (30, 48, 1)))
    client.keep(client.ask(0, box=[60, 20, 120, 80]), category=2)
    tree = client.post('/api/categories', name='tree')['category']
    client.keep(client.ask(2, (100, 25, 1)), category=tree)
    return client


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
