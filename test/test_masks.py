"""Results say what they hold, and refuse what does not belong together."""

from __future__ import annotations

import json
from typing import Any

from isaac_seg_py import rle
from isaac_seg_py.errors import ConfigError, ImageError, TensorError
from isaac_seg_py.masks import InstanceMasks, LabelImage
from isaac_seg_py.palette import Palette
import numpy as np
import pytest

PALETTE = Palette((0x000000, 0xFF0000, 0x00FF00))
NAMES = ('background', 'cup')


def a_scene() -> np.ndarray:
    """Return 20x30 labels: two parts and a speck of class 1, and a diagonal of class 7."""
    labels = np.zeros((20, 30), np.uint8)
    labels[2:6, 3:9] = 1
    labels[10:18, 0:5] = 1
    labels[0, 29] = 1
    np.fill_diagonal(labels[:, 10:], 7)
    return labels


def test_results_are_shown_in_a_line() -> None:
    image = LabelImage(a_scene(), None, NAMES, PALETTE)
    assert repr(image) == 'LabelImage(20x30: background, cup, class 7)'
    assert repr(InstanceMasks.empty((20, 30))) == 'InstanceMasks(20x30: 0 objects)'


def test_areas_count_the_pixels_of_each_class() -> None:
    labels = a_scene()
    areas = LabelImage(labels).areas()
    assert areas.tolist() == [np.sum(labels == i) for i in range(8)]
    assert areas.sum() == 600


def test_the_classes_present_are_described_in_plain_types() -> None:
    labels = a_scene()
    scores = np.where(labels == 1, 0.75, 0.5).astype(np.float32)
    found = json.loads(json.dumps(LabelImage(labels, scores, NAMES).to_json()))
    assert (found['size'], found['smallest_part']) == ([20, 30], 16)
    background, cup, diagonal = found['classes']
    assert [background['id'], cup['id'], diagonal['id']] == [0, 1, 7]
    assert [cup['name'], diagonal['name']] == ['cup', 'class 7']
    pixels = int((labels == 1).sum())
    assert (cup['pixels'], cup['share'], cup['mean_score']) == (pixels, pixels / 600, 0.75)
    # The larger part first; the speck is too small for a box.
    assert cup['boxes'] == [[0, 10, 5, 18], [3, 2, 9, 6]]
    # Pixels that touch at a corner belong together.
    assert diagonal['boxes'] == [[10, 0, 30, 20]]
    np.testing.assert_array_equal(rle.decode(cup['rle']), labels == 1)


def test_without_scores_no_mean_is_claimed() -> None:
    found = LabelImage(np.zeros((2, 2), np.uint16)).to_json()
    assert found['classes'][0]['mean_score'] is None
    assert found['classes'][0]['boxes'] == []


def test_colours_go_over_everything_but_the_background() -> None:
    image = np.full((1, 3, 3), 100, np.uint8)
    labels = LabelImage(np.array([[0, 1, 2]], np.uint8), palette=PALETTE)
    assert labels.color('bgr8')[0].tolist() == [[0, 0, 0], [0, 0, 255], [0, 255, 0]]
    over = [[100, 100, 100], [178, 50, 50], [50, 178, 50]]
    assert labels.overlay(image).tolist() == [over]
    assert labels.overlay(image, background=None)[0, 0].tolist() == [50, 50, 50]
    assert labels.overlay(image, alpha=1.0).tolist() == image.tolist()
    with pytest.raises(ImageError, match='the mask is 3x1 and the image 4x1'):
        labels.overlay(np.zeros((1, 4, 3), np.uint8))


def test_a_label_image_has_its_own_background() -> None:
    image = np.full((4, 12, 3), 100, np.uint8)
    labels = np.repeat(np.array([0, 1, 2], np.uint8), 4)[np.newaxis].repeat(4, 0)
    for own, clear in ((0, 0), (2, 2), (None, None)):
        found = LabelImage(labels, palette=PALETTE, background=own)
        shown = found.overlay(image, 0.0)
        assert [(shown[0, 4 * c] == 100).all() for c in range(3)] == [c == clear for c in range(3)]
        assert (found.color('rgba8')[0, ::4, 3] == 0).tolist() == [c == clear for c in range(3)]
        boxes = [bool(one['boxes']) for one in found.to_json()['classes']]
        assert boxes == [c != clear for c in range(3)]
        assert sorted(found.instances().class_ids) == [c for c in range(3) if c != clear]
        # Whoever asks for another one gets it.
        assert found.color('rgba8', 1)[0, ::4, 3].tolist() == [255, 0, 255]
        assert [len(one['boxes']) for one in found.to_json(1)['classes']] == [1, 0, 1]


def test_an_opacity_of_its_own_takes_the_place_of_the_overlays() -> None:
    image = np.full((1, 3, 3), (100, 0, 50), np.uint8)
    palette = Palette((0x00FF00, 0x00FF00, 0x00FF00), (51, 255))
    found = LabelImage(np.array([[0, 1, 2]], np.uint8), palette=palette)
    rgb = found.overlay(image, 0.5)[0]
    np.testing.assert_allclose(rgb, [[80, 51, 40], [50, 128, 25], [50, 128, 25]], atol=1)
    bgr = found.overlay(np.ascontiguousarray(image[..., ::-1]), 0.5, order='bgr')
    np.testing.assert_array_equal(bgr[0, :, ::-1], rgb)
    assert found.overlay(image, 0.5, background=1)[0, 1].tolist() == [100, 0, 50]


@pytest.mark.parametrize(
    ('labels', 'scores', 'said'),
    [
        (np.zeros((2, 2), np.int64), None, 'labels are int64'),
        (np.zeros((2, 2, 1), np.uint8), None, r'shape \(2, 2, 1\)'),
        (np.zeros((0, 2), np.uint8), None, r'shape \(0, 2\)'),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.float32), r'shape \(2, 3\)'),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2)), 'scores are float64'),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), 1.5, np.float32), '0 to 1 is expected'),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), np.nan, np.float32), 'nan'),
    ],
)
def test_what_is_no_label_image_is_refused(
    labels: np.ndarray, scores: np.ndarray | None, said: str
) -> None:
    with pytest.raises(TensorError, match=said):
        LabelImage(labels, scores)  # type: ignore[arg-type]


def two_objects(**changed: Any) -> InstanceMasks:
    """Return two objects, with some of their arrays changed."""
    arrays: dict[str, Any] = {
        'masks': np.zeros((2, 4, 6), np.bool_),
        'scores': np.array([0.5, 1], np.float32),
        'boxes': np.zeros((2, 4), np.float32),
        'ids': ('cup', 3),
        'class_ids': np.array([1, 0]),
    }
    return InstanceMasks(**{**arrays, **changed})


def test_objects_have_a_size_and_a_number() -> None:
    assert (len(two_objects()), two_objects().size) == (2, (4, 6))
    nothing = InstanceMasks.empty((4, 6))
    assert (len(nothing), nothing.size, nothing.ids) == (0, (4, 6), ())


def overlapping() -> InstanceMasks:
    """Return a cup behind a better fork, and a speck of a class without a name."""
    masks = np.zeros((3, 4, 6), np.bool_)
    masks[0, :, :3] = True
    masks[1, 1:3, 1:5] = True
    masks[2, 3, 5] = True
    return InstanceMasks.of(
        masks,
        np.array([0.5, 0.75, 0.25], np.float32),
        np.array([1, 0, 2]),
        class_names=('fork', 'cup'),
        palette=PALETTE,
    )


def test_objects_come_with_the_best_first_and_boxes_around_them() -> None:
    found = overlapping()
    assert found.scores.tolist() == [0.75, 0.5, 0.25]
    assert found.class_ids.tolist() == [0, 1, 2]
    assert found.ids == (1, 2, 3)
    assert found.boxes.tolist() == [[1, 1, 5, 3], [0, 0, 3, 4], [5, 3, 6, 4]]
    assert found.classes == {0: 'fork', 1: 'cup', 2: 'class 2'}
    assert found.instances() is found


def test_the_best_object_is_on_top() -> None:
    numbers = [[2, 2, 2, 0, 0, 0], [2, 1, 1, 1, 1, 0], [2, 1, 1, 1, 1, 0], [2, 2, 2, 0, 0, 3]]
    found = overlapping()
    assert found.label_image().dtype == np.uint16
    assert found.label_image().tolist() == found.labels.tolist() == numbers
    empty = InstanceMasks.empty((2, 3))
    assert empty.label_image().tolist() == [[0] * 3] * 2
    assert empty.color().tolist() == [[[0, 0, 0]] * 3] * 2


def test_objects_have_colours_of_their_own_or_those_of_their_classes() -> None:
    found = overlapping()
    # The palette has three colours; the fourth is the first again.
    assert found.color()[1].tolist()[:2] == [[0, 255, 0], [255, 0, 0]]
    assert found.color()[3].tolist()[4:] == [[0, 0, 0], [0, 0, 0]]
    assert found.color(by='class')[1].tolist()[:2] == [[255, 0, 0], [0, 0, 0]]
    assert found.color('rgba8')[0, 2:4].tolist() == [[0, 255, 0, 255], [0, 0, 0, 0]]
    over = found.overlay(np.full((4, 6, 3), 100, np.uint8), alpha=0.5)
    assert over[0, 2:4].tolist() == [[50, 178, 50], [100, 100, 100]]
    with pytest.raises(ConfigError, match="by is 'size'"):
        found.color(by='size')


def test_objects_are_described_in_plain_types() -> None:
    found = json.loads(json.dumps(overlapping().to_json()))
    assert found['size'] == [4, 6]
    fork, cup, speck = found['objects']
    assert (fork['id'], fork['class'], fork['name'], fork['score']) == (1, 0, 'fork', 0.75)
    assert (cup['box'], cup['area'], speck['name']) == ([0, 0, 3, 4], 12, 'class 2')
    assert speck['polygons'] == [[5, 3, 5, 4, 6, 4, 6, 3]]
    np.testing.assert_array_equal(rle.decode(cup['rle']), overlapping().masks[1])
    assert two_objects().to_json()['objects'][0]['id'] == 'cup'


def test_connected_parts_of_classes_are_objects() -> None:
    labels = a_scene()
    scores = np.where(labels == 1, 0.75, 0.5).astype(np.float32)
    found = LabelImage(labels, scores, NAMES, PALETTE).instances()
    # The speck is too small.
    assert found.class_ids.tolist() == [1, 1, 7]
    assert found.scores.tolist() == [0.75, 0.75, 0.5]
    assert sorted(found.boxes.tolist()) == [[0, 10, 5, 18], [3, 2, 9, 6], [10, 0, 30, 20]]
    np.testing.assert_array_equal(found.masks[2], labels == 7)
    assert len(LabelImage(labels).instances(smallest=1)) == 4
    assert LabelImage(labels).instances().scores.tolist() == [1, 1, 1]
    assert len(LabelImage(labels).instances(background=None)) > 3
    assert LabelImage(labels, class_names=NAMES).classes == {
        0: 'background', 1: 'cup', 7: 'class 7',
    }  # fmt: skip
    assert len(LabelImage(np.zeros((3, 3), np.uint8)).instances()) == 0


@pytest.mark.parametrize(
    ('changed', 'said'),
    [
        ({'masks': np.zeros((2, 4, 6), np.uint8)}, 'masks are uint8'),
        ({'masks': np.zeros((4, 6), np.bool_)}, r'shape \(4, 6\)'),
        ({'scores': np.zeros(3, np.float32)}, r'scores are float32 of shape \(3,\)'),
        ({'scores': np.array([0.5, np.nan], np.float32)}, '0 to 1 is expected'),
        ({'boxes': np.zeros((2, 4))}, 'boxes are float64'),
        ({'boxes': np.full((2, 4), np.inf, np.float32)}, 'not finite'),
        ({'ids': ('cup',)}, '2 different ones'),
        ({'ids': ('cup', 'cup')}, '2 different ones'),
        ({'class_ids': np.array([0, -1])}, '0 or more'),
        ({'class_ids': np.array([0.0, 1.0])}, 'class_ids are float64'),
    ],
)
def test_objects_that_do_not_belong_together_are_refused(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(TensorError, match=said):
        two_objects(**changed)
