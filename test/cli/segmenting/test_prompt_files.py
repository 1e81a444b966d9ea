"""`isaac-seg segment` with objects that a detector or a pose network found."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from box_sam import box_sam
import cv2
from isaac_seg_py import rle
from isaac_seg_py.cli.main import main
from isaac_seg_py.cli.prompting.keypoints import PARTS
from isaac_seg_py.evaluation.prompted import overlap
from isaac_seg_py.polygons import deepest
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.scenes.data_set import SceneFolder
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]
BALL, BOX = 1, 2


@pytest.fixture(scope='module')
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data set of three scenes."""
    folder = tmp_path_factory.mktemp('data') / 'shapes'
    with SceneFolder(folder) as made:
        for seed in range(810_000, 810_003):
            made.write(f'{seed}', make_scene(seed, (240, 320)))
    return folder


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a network that answers with the very box, or a square around the first point."""
    return str(box_sam(tmp_path_factory.mktemp('boxes')))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give three grey pictures with numbers in their names."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    for number in (7, 8, 9):
        cv2.imwrite(str(folder / f'cam_{number:04d}.png'), np.full((64, 64, 3), 100, np.uint8))
    return folder


def save(path: Path, content: Any) -> str:
    """Write JSON."""
    path.write_text(json.dumps(content), encoding='utf-8')
    return str(path)


def told(out: Path, name: str) -> list[dict[str, Any]]:
    """Read the objects of a picture."""
    return json.loads((out / f'{name}.json').read_text())['objects']


def true_masks(shapes: Path, image_id: int) -> list[np.ndarray]:
    """Return the masks of a scene, in the order of its annotations."""
    content = json.loads((shapes / 'instances.json').read_text())
    found = [one for one in content['annotations'] if one['image_id'] == image_id]
    return [rle.decode(one['segmentation']) for one in found]


def measured(out: Path, shapes: Path) -> list[float]:
    """Return the overlap of each object with its truth."""
    found = []
    for image_id, seed in enumerate(range(810_000, 810_003), 1):
        objects, truth = told(out, str(seed)), true_masks(shapes, image_id)
        pairs = zip(objects, truth, strict=True)
        found += [overlap(rle.decode(one['rle']), mask) for one, mask in pairs]
    return found


def test_boxes_of_a_data_set_find_its_objects_with_their_classes(
    shapes: Path, tmp_path: Path
) -> None:
    out, annotations = tmp_path / 'out', shapes / 'instances.json'
    words = ['--threads', '1', '--detections', str(annotations)]
    assert main(['segment', str(shapes / 'images'), str(out), *words]) == 0
    assert np.mean(measured(out, shapes)) >= 0.8
    content = json.loads(annotations.read_text())
    names = {one['id']: one['name'] for one in content['categories']}
    for image_id, seed in enumerate(range(810_000, 810_003), 1):
        wanted = [one for one in content['annotations'] if one['image_id'] == image_id]
        for one, entry in zip(told(out, str(seed)), wanted, strict=True):
            assert (one['class'], one['name']) == (
                entry['category_id'], names[entry['category_id']]
            )  # fmt: skip


def test_points_within_objects_find_them(shapes: Path, tmp_path: Path) -> None:
    content = json.loads((shapes / 'instances.json').read_text())
    for one in content['annotations']:
        x, y = deepest(rle.decode(one['segmentation']))
        spots = np.zeros((len(PARTS), 3))
        spots[PARTS.index('nose')] = (x + 0.5, y + 0.5, 2)
        # What is hidden lies anywhere, and does not count.
        spots[PARTS.index('left_knee')] = (1, 1, 1)
        one['keypoints'] = spots.reshape(-1).tolist()
    file, out = save(tmp_path / 'poses.json', content), tmp_path / 'out'
    words = ['--threads', '1', '--keypoints', file]
    assert main(['segment', str(shapes / 'images'), str(out), *words]) == 0
    assert np.mean(measured(out, shapes)) >= 0.75
    shown = told(out, '810000')[0]['prompt']
    assert shown['labels'][0] == 1
    assert shown['labels'].count(1) == 1


def test_a_list_of_results_keeps_classes_and_scores(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    results = [
        {'image_id': 7, 'category_id': BALL, 'bbox': [4, 8, 20, 12], 'score': 0.9},
        {'image_id': 7, 'category_id': BOX, 'bbox': [30, 30, 8, 8], 'score': 0.4},
        {'image_id': 'cam_0008', 'category_id': BOX, 'bbox': [-5, -5, 15, 25], 'score': 0.7},
        {'image_id': 'cam_0008.png', 'category_id': BOX, 'bbox': [1, 1, 2, 2], 'score': 0.9},
        {'image_id': 9, 'category_id': BALL, 'bbox': [90, 8, 20, 12], 'score': 0.9},
    ]
    file, out = save(tmp_path / 'results.json', results), tmp_path / 'out'
    words = ['segment', str(photos), str(out), '--model', model, '--detections', file]
    assert main(words) == 0
    (ball,) = told(out, 'cam_0007')
    assert (ball['id'], ball['class'], ball['name']) == (1, BALL, 'class 1')
    assert ball['box'] == [4, 8, 24, 20]
    assert ball['prompt'] == {'box': [4, 8, 24, 20], 'score': 0.9}
    assert [one['box'] for one in told(out, 'cam_0008')] == [[1, 1, 3, 3]]
    assert told(out, 'cam_0009') == []
    said = capsys.readouterr().err
    assert '1 of 3 pictures have no object' in said
    assert ': cam_0009' in said
    assert '1 object of' in said
    assert 'passed over: empty, or outside of the picture' in said
    more = ['--overwrite', '--threshold', '0.3']
    about = {
        'images': [{'id': 7, 'file_name': 'far/cam_0009.jpg'}],
        'annotations': [],
        'categories': [{'id': BALL, 'name': 'ball'}],
    }
    more += ['--annotations', save(tmp_path / 'about.json', about)]
    assert main([*words, *more]) == 0
    assert [one['name'] for one in told(out, 'cam_0009')] == ['ball', 'class 2']
    assert told(out, 'cam_0007') == []


BOXED = {'image_id': 7, 'category_id': 1, 'bbox': [1, 1, 9, 9]}


@pytest.mark.parametrize(
    ('content', 'words', 'said'),
    [
        (None, ['--detections'], 'cannot be read'),
        ({}, ['--detections'], 'neither a list of results nor'),
        ({'images': 1, 'annotations': []}, ['--detections'], 'has no list of images'),
        ([{'image_id': 7}], ['--detections'], 'has no category_id'),
        ([{**BOXED, 'category_id': -1}], ['--detections'], 'has category -1; 0 to 65534'),
        ([{**BOXED, 'bbox': [1, 2, 3]}], ['--detections'], 'bbox [1, 2, 3]; [x, y, width, height'),
        ([{**BOXED, 'score': '1'}], ['--detections'], "score '1'; a number"),
        ([{**BOXED, 'score': 10**400}], ['--detections'], 'a number is expected'),
        ([{**BOXED, 'bbox': [1, 1, 10**400, 5]}], ['--detections'], '[x, y, width, height] is'),
        ([{**BOXED, 'image_id': [1]}], ['--detections'], 'an image of number [1]; a number'),
        (
            {'images': [{'id': [1], 'file_name': 'a.png'}], 'annotations': []},
            ['--detections'],
            'an image of number [1]; a number is expected',
        ),
        ([{**BOXED, 'keypoints': [10**400] * 51}], ['--keypoints'], 'has no key points'),
        (
            [{**BOXED, 'bbox': [1, 2, 3], 'keypoints': [1] * 51}],
            ['--keypoints'],
            'with key points has bbox [1, 2, 3]; [x, y, width, height] is',
        ),
        ([BOXED], ['--keypoint-parts', '', '--keypoints'], "--keypoint-parts has ''"),
        ([BOXED], ['--keypoint-threshold', '0', '--detections'], 'go with --keypoints'),
        ([{**BOXED, 'keypoints': [1, 2, 2]}], ['--keypoints'], '1 key points; 17 is expected'),
        ([BOXED], ['--keypoints'], 'has no key points'),
        ([BOXED], ['--keypoint-parts', 'tail', '--keypoints'], "--keypoint-parts has 'tail'"),
        ([BOXED], ['--keypoint-parts', 'nose', '--detections'], 'go with --keypoints'),
        ([BOXED], ['--threshold', '2', '--detections'], '--threshold is 2; 0 to 1'),
        ([BOXED], ['--everything', '--detections'], 'leave --box, --point and'),
        ([BOXED], ['--threshold', '0.1', '--background'], '--threshold goes with'),
    ],
)
def test_files_that_cannot_be_are_told(
    model: str,
    photos: Path,
    tmp_path: Path,
    capsys: Capture,
    content: Any,
    words: list[str],
    said: str,
) -> None:
    file = str(tmp_path / 'none.json')
    if content is not None:
        file = save(tmp_path / 'given.json', content)
    given = ['segment', str(photos), str(tmp_path / 'out'), '--model', model]
    assert main([*given, *words, file]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_of_pictures_with_one_name_the_folder_decides(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    content = {
        'images': [
            {'id': 1, 'file_name': 'photos/cam_0007.png'},
            {'id': 2, 'file_name': 'others/cam_0007.png'},
        ],
        'annotations': [
            {**BOXED, 'image_id': 2, 'bbox': [1, 1, 2, 2]},
            {**BOXED, 'image_id': 1},
            # A crowd is no object.
            {**BOXED, 'image_id': 1, 'bbox': [3, 3, 9, 9], 'iscrowd': 1},
        ],
    }
    file = save(tmp_path / 'given.json', content)
    picture, out = str(photos / 'cam_0007.png'), tmp_path / 'out'
    words = ['--model', model, '--detections']
    assert main(['segment', picture, str(out), *words, file]) == 0
    assert [one['box'] for one in told(out, 'cam_0007')] == [[1, 1, 10, 10]]
    # The ending of the name goes before the folder.
    for name, said in (('cam_0007.jpg', ''), ('cam_0007.png', 'has several pictures')):
        content['images'][0]['file_name'] = 'elsewhere/cam_0007.png'
        content['images'][1]['file_name'] = f'others/{name}'
        save(tmp_path / 'given.json', content)
        code = main(['segment', picture, str(out), '--overwrite', *words, file])
        assert code == (2 if said else 0)
        assert said in capsys.readouterr().err
    assert [one['box'] for one in told(out, 'cam_0007')] == [[1, 1, 10, 10]]
