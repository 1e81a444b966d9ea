"""What `isaac-seg segment` writes of objects, and of segments of every pixel."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from family_networks import image_to
from isaac_seg_py.cli.main import main
from isaac_seg_py.rle import decode
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
SIZE = (128, 256)
RED, BLUE, GREEN = 0xFF0000, 0x0000FF, 0x00FF00


def read(path: Path) -> np.ndarray:
    """Read a picture as RGB, or a map of ids as it is."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found[..., ::-1] if found.ndim == 3 else found


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """Give a grey picture, of four times the size of the networks' canvas."""
    path = tmp_path / 'photo.png'
    cv2.imwrite(str(path), np.full((*SIZE, 3), 100, np.uint8))
    return str(path)


@pytest.fixture
def objects(tmp_path: Path) -> str:
    """Give a network that finds two forks and a cup, in boxes and wholly filled."""
    boxes = np.zeros((1, 4 + 2 + 1, 40), np.float32)
    boxes[0, :, 3] = (12, 8, 8, 8, 0, 0.9, 1)
    boxes[0, :, 9] = (32, 20, 16, 8, 0, 0.7, 1)
    boxes[0, :, 20] = (54, 16, 12, 16, 0.8, 0, 1)
    outputs = {'output0': boxes, 'output1': np.ones((1, 1, 8, 16), np.float32)}
    image_to(tmp_path / 'objects.onnx', 'images', outputs)
    manifest = tmp_path / 'objects.yaml'
    manifest.write_text(
        'name: objects\nfamily: yolo_seg\nfile: objects.onnx\nlabels: [cup, fork]\n'
        f'palette: [{RED}, {BLUE}, {GREEN}]\n'
    )
    return str(manifest)


@pytest.fixture
def panoptic(tmp_path: Path) -> str:
    """Give a network that finds sky above, and two cars side by side below it."""
    masks = np.full((1, 3, 8, 16), -9, np.float32)
    masks[0, 0, :4] = masks[0, 1, 4:, :8] = masks[0, 2, 4:, 8:] = 9
    classes = np.array([[[9, 0, 0], [0, 8, 0], [0, 7, 0]]], np.float32)
    outputs = {'class_queries_logits': classes, 'masks_queries_logits': masks}
    image_to(tmp_path / 'panoptic.onnx', 'pixel_values', outputs)
    manifest = tmp_path / 'panoptic.yaml'
    manifest.write_text(
        'name: panoptic\nfamily: maskformer\nfile: panoptic.onnx\nlabels: [sky, car]\n'
        f'palette: [{BLUE}, {RED}]\noutput: {{fused_classes: [0]}}\n'
    )
    return str(manifest)


def test_objects_become_ids_colours_overlay_and_json(
    objects: str, photo: str, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / 'out'
    words = ['segment', '--model', objects, '--alpha', '0', '--color-by', 'class', '--stats']
    assert main([*words, photo, str(out)]) == 0
    found = json.loads((out / 'photo.json').read_text())['objects']
    facts = [(one['id'], one['name'], one['score'], one['box'], one['area']) for one in found]
    assert facts == [
        (1, 'fork', pytest.approx(0.9), [32, 16, 64, 48], 32 * 32),
        (2, 'cup', pytest.approx(0.8), [192, 32, 240, 96], 48 * 64),
        (3, 'fork', pytest.approx(0.7), [96, 64, 160, 96], 64 * 32),
    ]
    assert found[0]['polygons'] == [[32, 16, 32, 48, 64, 48, 64, 16]]
    mask = read(out / 'photo_mask.png')
    assert mask.dtype == np.uint16
    for one in found:
        np.testing.assert_array_equal(decode(one['rle']), mask == one['id'])
    color = read(out / 'photo_color.png')
    assert color[32, 48].tolist() == color[80, 128].tolist() == [0, 0, 255]
    assert color[64, 220].tolist() == [255, 0, 0]
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    assert rows == [
        ['cup', '0', '3072', '9.38%', '1', '1'],
        ['fork', '1', '3072', '9.38%', '1', '2'],
    ]


def test_the_overlay_names_the_objects_unless_told_not_to(
    objects: str, photo: str, tmp_path: Path
) -> None:
    words = ['segment', '--model', objects, photo]
    assert main([*words, str(tmp_path / 'plain.png'), '--no-marks', '--color-by', 'class']) == 0
    assert main([*words, str(tmp_path / 'marked.png'), '--color-by', 'class']) == 0
    plain, marked = read(tmp_path / 'plain.png'), read(tmp_path / 'marked.png')
    assert {tuple(one) for one in plain.reshape(-1, 3)} == {
        (100, 100, 100), (178, 50, 50), (50, 50, 178),
    }  # fmt: skip
    assert (plain[24:40, 40:56] == marked[24:40, 40:56]).all(), 'an object stays to be seen'
    # The outline is brighter than the class; its name stands above, on the class's colour.
    assert marked[60, 192].tolist() == [255, 127, 127]
    assert (marked[20:30, 192:230] == [255, 0, 0]).all(-1).mean() > 0.5
    assert marked[20:30, 192:230, 1].max() > 150, 'white letters'
    assert (marked[100:, :] == 100).all()


def test_each_object_has_a_colour_of_its_own_or_that_of_the_legend(
    objects: str, photo: str, tmp_path: Path
) -> None:
    words = ['segment', '--model', objects, photo, '--visualize', 'mask']
    assert main([*words, str(tmp_path / 'each.png')]) == 0
    each = read(tmp_path / 'each.png')
    assert each[32, 48].tolist() == [0, 0, 255]
    assert each[64, 220].tolist() == [0, 255, 0]
    assert each[80, 128].tolist() == [255, 0, 0]
    legend = ['--legend', str(tmp_path / 'legend.png')]
    assert main([*words, str(tmp_path / 'class.png'), *legend]) == 0
    shown = read(tmp_path / 'class.png')
    assert shown[32, 48].tolist() == shown[80, 128].tolist() == [0, 0, 255]
    assert shown[64, 220].tolist() == [255, 0, 0]


def test_segments_have_ids_and_say_whether_they_are_objects(
    panoptic: str, photo: str, tmp_path: Path
) -> None:
    out = tmp_path / 'out'
    assert main(['segment', '--model', panoptic, '--alpha', '0', photo, str(out)]) == 0
    found = json.loads((out / 'photo.json').read_text())['segments']
    assert [(one['name'], one['fused']) for one in found] == [
        ('sky', True), ('car', False), ('car', False),
    ]  # fmt: skip
    mask = read(out / 'photo_mask.png')
    assert mask.dtype == np.uint16
    for one in found:
        np.testing.assert_array_equal(decode(one['rle']), mask == one['id'])
    overlay = read(out / 'photo_overlay.png')
    assert overlay[100, 20].tolist() == overlay[100, 200].tolist() == [255, 0, 0]
    # Two objects of one colour that touch are told apart by their outlines.
    assert (overlay[100, 124:132] == [255, 127, 127]).all(-1).any()
    assert not (overlay[0, :] == [255, 0, 0]).all(-1).any()


def test_a_film_of_objects_is_marked_and_counted(
    objects: str, film: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = ['segment', '--model', objects, str(film), str(tmp_path / 'out'), '--stats-json']
    assert main(words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(one['name'], one['images'], one['objects']) for one in facts['classes']] == [
        ('cup', 5, 5), ('fork', 5, 10),
    ]  # fmt: skip
    lines = (tmp_path / 'out/film.jsonl').read_text().splitlines()
    assert [len(json.loads(line)['objects']) for line in lines] == [3] * 5
