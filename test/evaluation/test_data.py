"""Data sets read from the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.errors import ConfigError, ImageError
from isaac_seg_py.evaluation.coco_data import CocoData
from isaac_seg_py.evaluation.coco_masks import coco_mask
from isaac_seg_py.evaluation.folder_data import FolderData
from isaac_seg_py.evaluation.scene_data import SceneData
from isaac_seg_py.scenes import CLASS_NAMES, make_scene
from isaac_seg_py.scenes.data_set import SceneFolder
import numpy as np
import pytest

SEEDS = range(800_010, 800_014)


@pytest.fixture(params=[False, True], ids=['rle', 'polygons'])
def scenes(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a folder with four scenes."""
    path = tmp_path / ('polygons' if request.param else 'rle')
    with SceneFolder(path, as_polygons=request.param) as folder:
        for seed in SEEDS:
            folder.write(str(seed), make_scene(seed, (96, 128)))
    return path


def test_scenes_come_back_from_the_folder_as_they_are(scenes: Path) -> None:
    data = FolderData(scenes)
    assert data.names == CLASS_NAMES
    assert len(data) == 4
    for seed, sample in zip(SEEDS, data, strict=True):
        scene = make_scene(seed, (96, 128))
        assert sample.name == f'{seed}.png'
        np.testing.assert_array_equal(sample.image, scene.image)
        np.testing.assert_array_equal(sample.labels, scene.labels)
    assert not data.faults


def test_scenes_come_back_from_coco_as_they_are(scenes: Path) -> None:
    data = CocoData(scenes / 'instances.json')
    assert data.names == CLASS_NAMES
    kinds = set()
    for seed, sample in zip(SEEDS, data, strict=True):
        scene = make_scene(seed, (96, 128))
        np.testing.assert_array_equal(sample.labels, scene.labels)
        assert len(sample.annotations or []) == len(scene.boxes)
        for number, said in zip(scene.boxes, sample.annotations or [], strict=True):
            mask = scene.instances == number
            np.testing.assert_array_equal(coco_mask(said['segmentation'], (96, 128)), mask)
            x1, y1, x2, y2 = scene.boxes[number]
            assert said['bbox'] == [x1, y1, x2 - x1, y2 - y1]
            assert said['area'] == mask.sum()
            kinds.add(type(said['segmentation']))
    assert dict in kinds
    assert (list in kinds) == (scenes.name == 'polygons')


@pytest.mark.reference
@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
def test_pycocotools_reads_our_files(scenes: Path) -> None:
    coco = pytest.importorskip('pycocotools.coco', reason='make test-reference installs it')
    theirs = coco.COCO(str(scenes / 'instances.json'))
    for image, sample in zip(
        theirs.loadImgs(theirs.getImgIds()), CocoData(scenes / 'instances.json'), strict=True
    ):
        labels = np.zeros((96, 128), np.uint8)
        for one in theirs.loadAnns(theirs.getAnnIds(image['id'])):
            labels[theirs.annToMask(one) > 0] = one['category_id']
        np.testing.assert_array_equal(labels, sample.labels)


@pytest.mark.reference
@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
def test_slanted_outlines_are_those_of_pycocotools_but_for_their_edges() -> None:
    mask_api = pytest.importorskip('pycocotools.mask', reason='make test-reference installs it')
    random = np.random.default_rng(800_020)
    for _ in range(50):
        corners = random.random((random.integers(3, 8), 2)) * [60, 40]
        ring = corners.reshape(-1).tolist()
        ours = coco_mask([ring], (40, 60))
        theirs = mask_api.decode(mask_api.frPyObjects([ring], 40, 60))[..., 0] > 0
        # Within a pixel of an edge they may differ.
        edges = np.zeros((40, 60), np.uint8)
        cv2.polylines(edges, [np.round(corners * 16).astype(np.int32)], True, 1, 3, cv2.LINE_8, 4)
        assert not ((ours != theirs) & (edges == 0)).any()


def test_outlines_are_filled_by_hand() -> None:
    square = [1, 1, 4, 1, 4, 3, 1, 3]
    expected = np.zeros((4, 5), np.bool_)
    expected[1:3, 1:4] = True
    np.testing.assert_array_equal(coco_mask([square], (4, 5)), expected)
    # Pixels 1 and 2 have their centres inside.
    assert coco_mask([[0.6, 0, 3.4, 0, 3.4, 1, 0.6, 1]], (1, 5)).tolist() == [[0, 1, 1, 0, 0]]
    outside = [-5, -5, 2, -5, 2, 9, -5, 9]
    assert coco_mask([outside], (4, 5)).sum() == 8
    two = coco_mask([square, [0, 3, 5, 3, 5, 4, 0, 4]], (4, 5))
    assert two[3].all()
    runs = {'size': [4, 5], 'counts': [5, 2, 13]}
    assert np.argwhere(coco_mask(runs, (4, 5))).tolist() == [[1, 1], [2, 1]]


@pytest.mark.parametrize(
    'wrong',
    [
        {'size': [4, 5], 'counts': [5, 2]},
        {'size': [4, 4], 'counts': rle.encode(np.ones((4, 4)))['counts']},
        [[1, 2, 3]],
        ['abc'],
        [[1, 1, 4, 1, float('nan'), 3]],
        [[1, 1, 4, 1, float('inf'), 3]],
        [[-1e308, 1, 1e308, 1, 4, 3]],
        [[1, 1, 4, 1, 10**400, 3]],
        {'size': [4, 5], 'counts': [10**400, 20 - 10**400]},
        {'size': [5, 4], 'counts': [5, 2, 13]},
        {'counts': [5, 2, 13]},
        # More than there is memory for.
        {'size': [2**20, 2**20], 'counts': rle.encode(np.ones((4, 5)))['counts']},
        7,
        None,
        {},
    ],
)
def test_segmentations_that_are_none_are_named(wrong: Any) -> None:
    with pytest.raises(ImageError):
        coco_mask(wrong, (4, 5))


def test_crowds_are_ignored_and_small_objects_lie_over_large_ones(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 6, 3), np.uint8))
    boxes = {1: (2, 2, 4, 4), 2: (0, 0, 6, 4), 3: (5, 0, 6, 1)}
    annotations = []
    for number, (x1, y1, x2, y2) in boxes.items():
        mask = np.zeros((4, 6))
        mask[y1:y2, x1:x2] = 1
        annotations.append(
            {
                'id': number, 'image_id': 5, 'category_id': 90 - number, 'area': mask.sum(),
                'bbox': [x1, y1, x2 - x1, y2 - y1], 'iscrowd': int(number == 3),
                'segmentation': rle.encode(mask),
            }
        )  # fmt: skip
    content = {
        'images': [{'id': 5, 'file_name': 'a.png', 'height': 4, 'width': 6}],
        'annotations': annotations,
        'categories': [{'id': 90 - n, 'name': f'c{n}'} for n in boxes],
    }
    (tmp_path / 'x.json').write_text(json.dumps(content))
    data = CocoData(tmp_path / 'x.json')
    assert data.names == ('background', 'c3', 'c2', 'c1')
    (sample,) = data
    expected = np.full((4, 6), 2)
    expected[2:4, 2:4] = 3
    expected[0, 5] = 255
    np.testing.assert_array_equal(sample.labels, expected)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (lambda c: c.pop('categories'), 'has no categories'),
        (lambda c: c['images'][0].pop('height'), 'one of the images in .* has no height'),
        (lambda c: c['annotations'][0].update(category_id=99), 'category 99, which is none'),
        (lambda c: c['annotations'][0].update(category_id=[1]), r'category_id \[1\]; a number'),
        (lambda c: c['annotations'][0].update(image_id=[1]), r'image_id \[1\]; a number'),
        (lambda c: c['annotations'][0].update(area='x'), "area 'x'; a number is expected"),
        (lambda c: c['annotations'][0].update(area=float('nan')), 'area nan; a number'),
        (lambda c: c['annotations'][0].update(area=10**400), 'area 1000.*; a number'),
        (lambda c: c['annotations'][0].update(bbox=[5, 5]), r'bbox \[5, 5\]; \[x, y, width'),
        (lambda c: c['annotations'][0].update(bbox=None), r'bbox None; \[x, y, width'),
        (lambda c: c['annotations'][0].update(bbox=['a'] * 4), r'bbox .*; \[x, y, width'),
        (lambda c: c['annotations'][0].update(bbox=[1, 1, 10**400, 5]), r'bbox .*; \[x, y, width'),
        (lambda c: c['images'][0].update(id={}), 'id {}; a number'),
        (lambda c: c['images'][0].update(file_name=7), 'file_name 7; a text'),
        (lambda c: c['categories'][0].update(id='x'), "id 'x'; a number"),
    ],
)
def test_files_that_are_none_of_coco_are_named(tmp_path: Path, change: Any, said: str) -> None:
    with SceneFolder(tmp_path / 'scenes') as folder:
        folder.write('a', make_scene(800_010, (96, 128)))
    file = tmp_path / 'scenes/instances.json'
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=said):
        CocoData(file)
    for text in ('[', '[' * 100_000):
        file.write_text(text)
        with pytest.raises(ConfigError, match='cannot be read'):
            CocoData(file)


def test_pictures_that_cannot_be_read_are_named_and_passed_over(scenes: Path) -> None:
    (scenes / 'images/800010.png').write_bytes(b'no picture')
    cv2.imwrite(str(scenes / 'labels/800011.png'), np.zeros((5, 5), np.uint8))
    (scenes / 'labels/800012.png').unlink()
    data = FolderData(scenes)
    assert [sample.name for sample in data] == ['800013.png']
    said = ' '.join(data.faults)
    assert '800012.png has no labels' in said
    assert '800010.png' in said
    assert '800011.png is (96, 128) and its labels are (5, 5)' in said
    coco = CocoData(scenes / 'instances.json')
    assert len(list(coco)) == 3
    assert len(coco.faults) == 1


def test_a_folder_without_pairs_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='no folders images/ and labels/'):
        FolderData(tmp_path)
    (tmp_path / 'images').mkdir()
    (tmp_path / 'labels').mkdir()
    with pytest.raises(ConfigError, match=r'0 pictures and 0 \.png files'):
        FolderData(tmp_path)


def test_scenes_are_data_without_a_disk() -> None:
    data = SceneData(800_010, 2, (96, 128))
    samples = list(data)
    assert len(data) == 2
    ids = [one['id'] for sample in samples for one in sample.annotations or []]
    assert ids == list(range(1, len(ids) + 1))
    assert {one['image_id'] for one in samples[1].annotations or []} == {2}
    np.testing.assert_array_equal(samples[1].labels, make_scene(800_011, (96, 128)).labels)


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / 'thesis.tex').write_text('years of work')
    with pytest.raises(ConfigError, match='is there already'):
        SceneFolder(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
