"""Objects are followed from picture to picture with the shipped networks, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.picture_files import write_image
from isaac_seg_py.scenes import Scene
import numpy as np
from page_client import PageClient
import pytest

Serve = Callable[..., PageServer]
LAST = 11


@pytest.fixture
def client(serve: Serve, frames: Path) -> PageClient:
    """Give a page of the frames, on which the first of them has both objects marked."""
    return PageClient(serve(str(frames), sam='tiny-sam').address)


@pytest.fixture
def marked(client: PageClient, clip: list[Scene]) -> list[int]:
    """Give the numbers of the two objects of the first frame, which a box showed each."""
    return [mark(client, 0, clip[0], one)['id'] for one in sorted(clip[0].boxes)]


def mark(client: PageClient, picture: int, scene: Scene, one: int, replaces: int = 0) -> Any:
    """Show an object of a scene by its box; return it."""
    answer = client.ask(picture, box=[float(value) for value in scene.boxes[one]])
    return client.keep(answer, category=one, replaces=replaces)['object']


def follow(client: PageClient, picture: int, objects: list[int]) -> Any:
    """Go on to the next picture."""
    return client.post(f'/api/pictures/{picture}/follow', objects=objects)


def overlaps(client: PageClient, picture: int, scene: Scene) -> list[float]:
    """Return how far the objects of a picture, by their tracks, cover the scene's."""
    found = sorted(client.get(f'/api/pictures/{picture}')['objects'], key=lambda one: one['track'])
    overlap = []
    for one, number in zip(found, sorted(scene.boxes), strict=True):
        mask, truth = rle.decode(one['mask']), scene.instances == number
        overlap.append(np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth))
    return overlap


def test_objects_are_followed_to_the_last_picture(
    client: PageClient, clip: list[Scene], marked: list[int], tmp_path: Path
) -> None:
    asked = marked
    for picture in range(LAST):
        assert follow(client, picture, asked)['seen'] == len(clip[picture + 1].boxes)
        asked = []
    quality = [overlap for at in (1, 6, LAST) for overlap in overlaps(client, at, clip[at])]
    assert np.mean(quality) > 0.8, quality
    begun = client.get('/api/pictures/0')['objects']
    found = client.get(f'/api/pictures/{LAST}')['objects']
    assert [one['track'] for one in begun] == [one['track'] for one in found] == marked
    assert [one['name'] for one in begun] == [one['name'] for one in found]
    assert all(one['clicks'] is None and one['stability'] is None for one in found)
    # The file has what the page has, and is read again.
    entries = json.loads((tmp_path / 'marks.json').read_text())['annotations']
    assert {entry['track_id'] for entry in entries} == set(marked)
    assert len({entry['id'] for entry in entries}) == len(entries) == 2 * len(clip)


def test_a_correction_is_learned_and_one_on_the_way_is_kept(
    client: PageClient, clip: list[Scene], marked: list[int]
) -> None:
    first, second = marked
    follow(client, 0, [first])
    (found,) = client.get('/api/pictures/1')['objects']
    assert found['track'] == first
    # Its mask is put on the other object: from here on that one is followed.
    _, other = sorted(clip[1].boxes)
    corrected = mark(client, 1, clip[1], other, replaces=found['id'])
    assert corrected['id'] == found['id'] and corrected['track'] == first
    follow(client, 1, [found['id']])
    follow(client, 2, [])
    (shown,) = client.get('/api/pictures/3')['objects']
    mask, truth = rle.decode(shown['mask']), clip[3].instances == other
    assert np.count_nonzero(mask & truth) > 0.7 * np.count_nonzero(mask | truth)
    # Done once more from the beginning: what was corrected by hand stays as it is.
    assert follow(client, 0, [first, second])['seen'] == 2
    again = {one['id']: one for one in client.get('/api/pictures/1')['objects']}
    assert again[found['id']]['mask'] == corrected['mask'] and len(again) == 2


def test_what_was_found_is_found_anew_and_not_twice(client: PageClient, marked: list[int]) -> None:
    follow(client, 0, marked)
    before = client.get('/api/pictures/1')['objects']
    follow(client, 0, marked)
    after = client.get('/api/pictures/1')['objects']
    assert [one['id'] for one in before] == [one['id'] for one in after]


def test_class_and_name_are_those_of_the_object_in_all_pictures(
    client: PageClient, marked: list[int]
) -> None:
    follow(client, 0, marked)
    found = client.get('/api/pictures/1')['objects'][0]
    client.post(f'/api/objects/{found["id"]}', category=2, name='the ball')
    first, second = client.get('/api/pictures/0')['objects']
    assert (first['name'], first['category']) == ('the ball', 2)
    assert second['name'] != 'the ball'


def test_an_object_that_was_deleted_everywhere_is_not_followed(
    client: PageClient, marked: list[int]
) -> None:
    follow(client, 0, marked)
    gone, stays = client.get('/api/pictures/1')['objects']
    for number in (marked[0], gone['id']):
        client.post(f'/api/objects/{number}/remove')
    follow(client, 1, [])
    assert [one['track'] for one in client.get('/api/pictures/2')['objects']] == [stays['track']]


@pytest.mark.parametrize(
    ('picture', 'objects', 'status', 'words'),
    [
        (LAST, [], 404, 'this is the last picture'),
        (LAST + 1, [], 404, 'there is no picture'),
        (3, [], 409, 'nothing is followed in this picture'),
        (0, [99], 404, 'object 99 is not of this picture'),
        (0, [True], 404, 'object True is not of this picture'),
        (0, ['1'], 404, "object '1' is not of this picture"),
        (0, [[]], 404, r'object [] is not of this picture'),
    ],
)
def test_what_cannot_be_followed_is_refused(
    client: PageClient, picture: int, objects: list[Any], status: int, words: str
) -> None:
    found, body = client.try_post(f'/api/pictures/{picture}/follow', objects=objects)
    assert found == status and words in body['error']


@pytest.mark.parametrize('model', ['none-such', 'tiny-unet', 'sam2.1-hiera-tiny'])
def test_a_model_that_follows_nothing_is_told_at_the_start(
    frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    from isaac_seg_py.cli.main import main

    out = str(tmp_path / 'marks.json')
    assert main(['annotate', str(frames), '--track-model', model, '--out', out]) != 0
    assert model in capsys.readouterr().err


def test_pictures_of_two_sizes_are_followed_one_after_the_other(
    serve: Serve, frames: Path, clip: list[Scene]
) -> None:
    for number in range(4, 8):
        larger = cv2.resize(clip[number].image, (480, 360))
        write_image(frames / f'frame_{number:02d}.png', larger.astype(np.uint8))
    client = PageClient(serve(str(frames), sam='tiny-sam').address)
    one = min(clip[0].boxes)
    first = mark(client, 0, clip[0], one)['id']
    assert follow(client, 0, [first])['seen'] == 1
    box = [1.5 * value for value in clip[5].boxes[one]]
    second = client.keep(client.ask(5, box=box))['object']['id']
    assert follow(client, 5, [second])['seen'] == 1
    (found,) = client.get('/api/pictures/6')['objects']
    assert found['track'] == second and found['mask']['size'] == [360, 480]


def test_an_error_takes_no_object_away(
    client: PageClient, frames: Path, clip: list[Scene], marked: list[int]
) -> None:
    follow(client, 0, marked)
    before = [one['id'] for one in client.get('/api/pictures/1')['objects']]
    for number in (2, 3, 4):  # so that the picture is read anew
        client.get(f'/api/pictures/{number}')
    other = cv2.resize(clip[1].image, (480, 360)).astype(np.uint8)
    write_image(frames / 'frame_01.png', other)
    status, body = client.try_post('/api/pictures/0/follow', objects=marked)
    assert status == 400 and 'is 480x360 now, and was 320x240' in body['error']
    write_image(frames / 'frame_01.png', clip[1].image)
    for number in (2, 3, 4):
        client.get(f'/api/pictures/{number}')
    assert [one['id'] for one in client.get('/api/pictures/1')['objects']] == before


def test_what_comes_back_beside_its_successor_is_an_object_of_its_own(
    client: PageClient, marked: list[int]
) -> None:
    follow(client, 0, marked)
    gone = client.get('/api/pictures/1')['objects'][0]['id']
    client.post(f'/api/objects/{gone}/remove')
    follow(client, 0, marked)
    assert client.post(f'/api/objects/{gone}/restore')['object']['track'] == 0


def test_no_object_moves_to_another_picture(
    client: PageClient, clip: list[Scene], marked: list[int]
) -> None:
    answer = client.ask(2, box=[float(value) for value in clip[2].boxes[min(clip[2].boxes)]])
    status, body = client.try_post(
        '/api/objects', answer=answer['answer'], category=1, name='', replaces=marked[0]
    )
    assert status == 409 and 'of another picture' in body['error']
