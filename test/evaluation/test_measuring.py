"""Networks measured: answers that are known are counted as they should be."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.coco_scores import CocoScores
from isaac_seg_py.evaluation.measuring import measure
from isaac_seg_py.evaluation.scene_data import SceneData
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.masks import LabelImage
from isaac_seg_py.rle import encode
from isaac_seg_py.scenes import CLASS_NAMES, make_scene
import numpy as np
import pytest

SIZE = (96, 128)
FIRST = 800_030


class Knowing:
    """A network that knows the answer, and what is done to it."""

    def __init__(self, change: Any) -> None:
        """Begin with the first scene."""
        self.seed = FIRST
        self.change = change

    def __call__(self, image: np.ndarray) -> Any:
        scene = make_scene(self.seed, SIZE)
        self.seed += 1
        np.testing.assert_array_equal(image, scene.image)
        return self.change(scene)


def objects(scene: Any, score: float = 0.9) -> InstanceMasks:
    """Return the objects of a scene, without the background among the classes."""
    masks = np.array([scene.instances == number for number in scene.boxes])
    classes = np.array([scene.class_ids[number] - 1 for number in scene.boxes])
    return InstanceMasks.of(masks, np.full(len(masks), score, np.float32), classes)


def test_a_network_that_knows_all_is_perfect_whatever_the_order_of_its_classes() -> None:
    order = CLASS_NAMES[::-1]
    steps: list[int] = []

    def turned(scene: Any) -> LabelImage:
        return LabelImage((6 - scene.labels).astype(np.uint8))

    done = measure(
        Knowing(turned), order, SceneData(FIRST, 5, SIZE), on_step=lambda: steps.append(1)
    )
    found = done.to_json()
    assert found['semantic']['mean_iou'] == 1
    assert found['pictures'] == len(steps) == 5
    assert 'instances' not in found
    assert sum(map(sum, found['semantic']['confusion'])) == 5 * 96 * 128


def test_a_network_that_sees_only_background_gets_what_it_deserves() -> None:
    done = measure(
        Knowing(lambda scene: LabelImage(np.zeros(SIZE, np.uint8))), CLASS_NAMES,
        SceneData(FIRST, 5, SIZE),
    )  # fmt: skip
    assert done.confusion is not None
    share = np.mean([(make_scene(FIRST + i, SIZE).labels == 0).mean() for i in range(5)])
    assert done.confusion.pixel_accuracy == pytest.approx(share)
    assert np.nansum(done.confusion.iou[1:]) == 0


@pytest.fixture
def coco() -> None:
    """Need pycocotools."""
    pytest.importorskip('pycocotools', reason='pip install pycocotools')


@pytest.mark.usefixtures('coco')
def test_objects_that_are_all_found_score_1() -> None:
    done = measure(Knowing(objects), CLASS_NAMES[1:], SceneData(FIRST, 5, SIZE))
    found = done.to_json()['instances']
    for kind in ('mask', 'box'):
        assert found[kind]['AP'] == pytest.approx(1)
        assert found[kind]['AR100'] == pytest.approx(1)
    assert (
        found['objects']
        == found['found']
        == sum(len(make_scene(FIRST + i, SIZE).boxes) for i in range(5))
    )


@pytest.mark.usefixtures('coco')
def test_objects_of_the_wrong_class_score_0() -> None:
    there = set(objects(make_scene(FIRST, SIZE)).class_ids.tolist())
    absent = next(number for number in range(6) if number not in there)

    def wrong(scene: Any) -> InstanceMasks:
        found = objects(scene)
        return InstanceMasks.of(found.masks, found.scores, np.full_like(found.class_ids, absent))

    done = measure(Knowing(wrong), CLASS_NAMES[1:], SceneData(FIRST, 1, SIZE))
    assert done.to_json()['instances']['mask']['AP'] == 0


@pytest.mark.usefixtures('coco')
def test_no_objects_found_is_0_and_no_error() -> None:
    done = measure(
        Knowing(lambda scene: InstanceMasks.empty(SIZE)), CLASS_NAMES[1:],
        SceneData(FIRST, 3, SIZE),
    )  # fmt: skip
    found = done.to_json()['instances']
    assert found['found'] == 0
    assert found['mask']['AP'] == 0
    assert found['box']['AR100'] == 0


def square(x: int, y: int, side: int) -> np.ndarray:
    mask = np.zeros((100, 100), np.bool_)
    mask[y : y + side, x : x + side] = True
    return mask


def truth(number: int, mask: np.ndarray, category: int = 1, crowd: int = 0) -> dict[str, Any]:
    ys, xs = np.nonzero(mask)
    box = [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1]
    return {
        'id': number, 'image_id': 1, 'category_id': category, 'segmentation': encode(mask),
        'bbox': box, 'area': int(mask.sum()), 'iscrowd': crowd,
    }  # fmt: skip


def found_of(masks: list[np.ndarray], scores: list[float], classes: list[int]) -> InstanceMasks:
    return InstanceMasks.of(
        np.array(masks), np.array(scores, np.float32), np.array(classes, np.int64)
    )


@pytest.mark.usefixtures('coco')
def test_average_precision_is_that_counted_by_hand() -> None:
    scores = CocoScores({1: 'a', 2: 'b'})
    one, two, nowhere = square(5, 5, 20), square(50, 50, 20), square(5, 70, 20)
    # By score: right, wrong, right. Precision 1 up to recall 0.5, then 2/3.
    found = found_of([one, nowhere, two], [0.9, 0.8, 0.7], [0, 0, 0])
    scores.add(1, [truth(1, one), truth(2, two)], found, {0: 1, 1: 2})
    summary = scores.summary()
    # COCO asks at the 101 recalls 0, 0.01, ... 1: 51 of them go up to 0.5.
    expected = (51 * 1 + 50 * 2 / 3) / 101
    for kind in ('mask', 'box'):
        assert summary[kind]['AP'] == pytest.approx(expected)
        assert summary[kind]['AP50'] == pytest.approx(expected)
        assert summary[kind]['AR1'] == pytest.approx(0.5)
        assert summary[kind]['AR100'] == pytest.approx(1)
        assert summary[kind]['AP_large'] is None, 'there is none'
        assert summary[kind]['classes'][0]['AP'] == pytest.approx(expected)
        assert summary[kind]['classes'][1]['AP'] is None


@pytest.mark.usefixtures('coco')
def test_masks_and_boxes_are_counted_by_themselves() -> None:
    scores = CocoScores({1: 'a'})
    whole = square(10, 10, 40)
    frame = whole & ~square(15, 15, 30)
    # The box is the same; the mask has 700 of 1600 pixels.
    scores.add(1, [truth(1, whole)], found_of([frame], [1.0], [0]), {0: 1})
    summary = scores.summary()
    assert summary['box']['AP'] == pytest.approx(1)
    assert summary['mask']['AP'] == 0


@pytest.mark.usefixtures('coco')
def test_the_size_of_what_was_found_is_that_of_its_mask_or_of_its_box() -> None:
    scores = CocoScores({1: 'a'})
    there = square(5, 5, 40)
    nowhere = square(55, 55, 40) & ~square(60, 60, 30)
    # Medium begins at 1024 pixels: the box of what is nowhere has 1600, its mask 700.
    found = found_of([nowhere, there], [0.9, 0.8], [0, 0])
    scores.add(1, [truth(1, there)], found, {0: 1})
    summary = scores.summary()
    assert summary['mask']['AP_medium'] == pytest.approx(1)
    assert summary['box']['AP_medium'] == pytest.approx(0.5)


@pytest.mark.usefixtures('coco')
def test_overlap_of_0_77_is_found_at_six_of_ten_thresholds() -> None:
    scores = CocoScores({1: 'a'})
    whole = square(10, 10, 20)
    part = whole.copy()
    part[25:30, 10:28] = False
    overlap = part.sum() / whole.sum()
    assert overlap == pytest.approx(0.775)
    scores.add(1, [truth(1, whole)], found_of([part], [1.0], [0]), {0: 1})
    assert scores.summary()['mask']['AP'] == pytest.approx(0.6)
    assert scores.summary()['mask']['AP75'] == pytest.approx(1)


@pytest.mark.usefixtures('coco')
def test_what_lies_in_a_crowd_is_not_wrong() -> None:
    one, crowd = square(5, 5, 20), square(40, 40, 50)
    inside = square(50, 50, 20)
    results = {}
    for with_crowd in (True, False):
        scores = CocoScores({1: 'a'})
        said = [truth(1, one), *([truth(2, crowd, crowd=1)] if with_crowd else [])]
        scores.add(1, said, found_of([inside, one], [0.9, 0.8], [0, 0]), {0: 1})
        results[with_crowd] = scores.summary()['mask']['AP']
    assert results == {True: pytest.approx(1), False: pytest.approx(0.5)}


def test_what_cannot_be_measured_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = SceneData(FIRST, 1, SIZE)
    data.categories = {}
    with pytest.raises(ConfigError, match='the network finds objects, but the data has only'):
        measure(Knowing(objects), (), data)
    nameless = SceneData(FIRST, 1, SIZE)
    nameless.names = ()
    with pytest.raises(ConfigError, match='neither the network nor the data name'):
        measure(Knowing(lambda scene: LabelImage(scene.labels)), (), nameless)
    small = LabelImage(np.zeros((4, 4), np.uint8))
    with pytest.raises(ConfigError, match='must be of one size'):
        measure(Knowing(lambda scene: small), CLASS_NAMES, SceneData(FIRST, 1, SIZE))
    import sys

    monkeypatch.setitem(sys.modules, 'pycocotools', None)
    monkeypatch.setitem(sys.modules, 'pycocotools.cocoeval', None)
    with pytest.raises(ConfigError, match='pip install pycocotools'):
        measure(Knowing(objects), CLASS_NAMES[1:], SceneData(FIRST, 1, SIZE))
