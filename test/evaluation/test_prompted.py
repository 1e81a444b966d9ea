"""Prompted networks measured: masks that are known get the overlap that they should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
from typing import Any

from box_sam import box_sam
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.folder_data import FolderData
from isaac_seg_py.evaluation.prompted import measure_prompted, overlap
from isaac_seg_py.evaluation.samples import DataSet, Sample
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.polygons import deepest
from isaac_seg_py.prompts import make_prompts
from isaac_seg_py.rle import encode
from isaac_seg_py.scenes import make_scene
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
SIZE = (200, 240)


def rectangle(x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
    """Give the mask of a rectangle."""
    mask = np.zeros(SIZE, np.bool_)
    mask[y1:y2, x1:x2] = True
    return mask


class Rectangles(DataSet):
    """One picture of rectangles: small, medium and large, of two categories; a crowd; nothing."""

    def __init__(self, boxes: list[tuple[int, int, int, int]]) -> None:
        """Take x1, y1, x2, y2."""
        super().__init__((), {1: 'cup', 7: 'fork', 9: 'plate'})
        self._boxes = boxes

    def __len__(self) -> int:
        """Say one."""
        return 1

    def __iter__(self) -> Iterator[Sample]:
        """Give the picture."""
        objects: list[dict[str, Any]] = []
        for number, (x1, y1, x2, y2) in enumerate(self._boxes):
            mask = rectangle(x1, y1, x2, y2)
            objects.append(
                {
                    'id': number, 'image_id': 1, 'category_id': 7 if number == 1 else 1,
                    'bbox': [x1, y1, x2 - x1, y2 - y1], 'area': int(mask.sum()), 'iscrowd': 0,
                    'segmentation': encode(mask),
                }
            )  # fmt: skip
        crowd = {**objects[0], 'iscrowd': 1}
        beside = {**objects[0], 'bbox': [240, 0, 9, 9]}
        flat = {**objects[0], 'bbox': [3, 3, 0, 9]}
        # A side is lost in float32.
        vanishing = {**objects[0], 'bbox': [5, 5, 1e-9, 9]}
        hollow = {**objects[0], 'segmentation': encode(np.zeros(SIZE, np.bool_))}
        yield Sample(
            'one', 1, np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE, np.uint8),
            [crowd, *objects, beside, flat, vanishing, hollow],
        )  # fmt: skip


# 31 x 33 pixels are just below 32 x 32, and 96 x 96 are large.
BOXES = [(0, 0, 31, 33), (50, 50, 82, 82), (100, 100, 196, 196)]


def upper_half(image: np.ndarray, prompts: Mapping[str, Any]) -> InstanceMasks:
    """Answer a box by its upper half; boxes that make no sense are refused."""
    make_prompts(SIZE, boxes=prompts['boxes'])
    made = [rectangle(*map(int, (x1, y1, x2, (y1 + y2) / 2))) for x1, y1, x2, y2 in
            prompts['boxes']]  # fmt: skip
    return InstanceMasks.of(
        np.array(made), np.full(len(made), 0.5, np.float32), np.zeros(len(made), np.int64)
    )


def test_overlaps_are_counted_by_size_and_category() -> None:
    steps: list[int] = []
    done = measure_prompted(
        upper_half, Rectangles(BOXES), 'box', on_step=lambda: steps.append(1)
    ).to_json()
    # Of 33 rows the upper half has 16.
    small, half = 16 / 33, 0.5
    assert done['objects'] == {'all': 3, 'small': 1, 'medium': 1, 'large': 1}
    assert done['mean_iou'] == pytest.approx(
        {'all': (small + 1) / 3, 'small': small, 'medium': half, 'large': half}
    )
    assert done['categories'] == [
        {'id': 1, 'name': 'cup', 'objects': 2, 'mean_iou': pytest.approx((small + half) / 2)},
        {'id': 7, 'name': 'fork', 'objects': 1, 'mean_iou': half},
        {'id': 9, 'name': 'plate', 'objects': 0, 'mean_iou': None},
    ]
    assert (done['passed_over'], done['pictures'], len(steps)) == (5, 1, 1)


def test_the_point_is_in_the_middle() -> None:
    asked: list[Any] = []

    def note(image: np.ndarray, prompts: Mapping[str, Any]) -> InstanceMasks:
        asked.append(prompts)
        return upper_half(image, {'boxes': BOXES})

    measure_prompted(note, Rectangles(BOXES), 'point')
    (prompts,) = asked
    middles = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in BOXES]
    np.testing.assert_allclose(prompts['points'], middles, atol=1)


def test_the_deepest_pixel_of_a_ring_is_inside() -> None:
    y, x = np.mgrid[:60, :80]
    away = np.hypot(x - 40, y - 30)
    ring = (away < 28) & (away > 10)
    column, row = deepest(ring)
    assert ring[row, column]
    assert away[row, column] == pytest.approx(19, abs=1.5)
    # At the edge of a picture a mask ends.
    assert deepest(np.ones((5, 7), np.bool_)) in [(2, 2), (3, 2), (4, 2)]


def test_data_without_objects_and_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="prompts are 'mask'; box or point"):
        measure_prompted(upper_half, Rectangles(BOXES), 'mask')
    with pytest.raises(ConfigError, match='multimask: all'):
        measure_prompted(
            lambda image, prompts: upper_half(image, {'boxes': BOXES[:1]}), Rectangles(BOXES),
            'box',
        )  # fmt: skip
    assert main(['scenes', str(tmp_path / 'data'), '--count', '1', '--first', '831000']) == 0
    labels = next(path for path in (tmp_path / 'data').rglob('labels') if path.is_dir())
    with pytest.raises(ConfigError, match='has only the class of each pixel'):
        measure_prompted(upper_half, FolderData(labels.parent), 'box')


def test_the_verb_measures_a_model_on_scenes_and_on_their_files(
    tmp_path: Path, capsys: Capture
) -> None:
    model = str(box_sam(tmp_path, 128))
    words = ['evaluate', model, '--scenes', '4', '--first', '831000', '--size', '128x128']
    out = tmp_path / 'report'
    assert main([*words, '--out', str(out)]) == 0
    said = json.loads((out / 'evaluation.json').read_text())
    plainly = []
    for seed in range(831_000, 831_004):
        scene = make_scene(seed, (128, 128))
        for number, (x1, y1, x2, y2) in scene.boxes.items():
            box = np.zeros((128, 128), np.bool_)
            box[y1:y2, x1:x2] = True
            plainly.append(overlap(box, scene.instances == number))
    assert said['objects']['all'] == len(plainly) > 3
    assert said['mean_iou']['all'] == pytest.approx(np.mean(plainly))
    assert f'mean IoU by box: all {np.mean(plainly):.3f} ({len(plainly)})' in (
        capsys.readouterr().out
    )
    # A square around a point is another mask.
    assert main([*words, '--prompts', 'point', '--json']) == 0
    by_point = json.loads(capsys.readouterr().out)
    assert 0.05 < by_point['mean_iou']['all'] < said['mean_iou']['all']
    # What the scenes are written as says the same.
    folder = tmp_path / 'coco'
    more = ['--size', '128x128', '--count', '4', '--first', '831000']
    assert main(['scenes', str(folder), *more]) == 0
    file = next(folder.rglob('instances.json'))
    capsys.readouterr()
    assert main(['evaluate', model, str(file), '--json']) == 0
    written = json.loads(capsys.readouterr().out)
    assert written['mean_iou'] == pytest.approx(said['mean_iou'])


def test_other_models_take_no_prompts(capsys: Capture) -> None:
    assert main(['evaluate', 'tiny-unet', '--scenes', '1', '--prompts', 'box']) == 2
    assert 'tiny-unet takes no prompts' in capsys.readouterr().err
