"""Objects from boxes and prototypes, with the answers worked out by hand."""

from __future__ import annotations

import logging
from typing import Any

from isaac_seg_py.decode.instances import InstanceDecoder
from isaac_seg_py.decode.predictions import find_layout
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.instance_config import InstanceConfig
from isaac_seg_py.masks import InstanceMasks
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

# A canvas of 32x64 gives 4 * 8 + 2 * 4 boxes at strides 8 and 16, and prototypes of 8x16.
CANVAS = (32, 64)
BOXES = 40
CLASSES = 3
LEFT_HALF = np.where(np.arange(16) < 8, 1.0, -1.0) * np.ones((8, 1))
TOP_HALF = np.where(np.arange(8) < 4, 1.0, -1.0)[:, np.newaxis] * np.ones(16)
PROTOTYPES = np.stack([LEFT_HALF, TOP_HALF])[np.newaxis].astype(np.float32)

# Each line: the place, centre x, centre y, width, height, class, score, coefficients.
OBJECTS = (
    (7, (32, 16, 24, 16), 2, 0.9, (1, 0)),
    (8, (33, 16, 24, 16), 2, 0.8, (1, 0)),
    (20, (32, 16, 24, 16), 0, 0.6, (0, -1)),
    (39, (60, 4, 8, 8), 1, 0.1, (1, 1)),
)


def predictions(*objects: Any) -> np.ndarray:
    """Return [1, 4 + classes + coefficients, boxes]."""
    array = np.zeros((1, 4 + CLASSES + 2, BOXES), np.float32)
    for place, box, class_id, score, coefficients in objects or OBJECTS:
        array[0, :4, place] = box
        array[0, 4 + class_id, place] = score
        array[0, 4 + CLASSES :, place] = coefficients
    return array


def decode(
    boxes: np.ndarray, view: View | None = None, protos: np.ndarray = PROTOTYPES, **settings: Any
) -> InstanceMasks:
    outputs = Tensors({'output0': boxes, 'output1': protos}, view)
    return InstanceDecoder(InstanceConfig(**settings))(outputs)


def rectangle(size: tuple[int, int], top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


def test_objects_have_the_masks_of_their_boxes_and_coefficients() -> None:
    found = decode(predictions(), View.identity(CANVAS))
    # The second is the first one again, and the last is not sure enough.
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert found.class_ids.tolist() == [2, 0]
    assert found.ids == (1, 2)
    assert found.boxes.tolist() == [[20, 8, 44, 24], [20, 8, 44, 24]]
    # Columns 28 to 35 lie between the centres of the cells -1 and 1: 0 is in the middle, at 32.
    np.testing.assert_array_equal(found.masks[0], rectangle(CANVAS, 8, 20, 24, 32))
    np.testing.assert_array_equal(found.masks[1], rectangle(CANVAS, 16, 20, 24, 44))


def test_every_order_of_the_axes_is_found() -> None:
    wanted = decode(predictions())
    turned = np.ascontiguousarray(predictions().transpose(0, 2, 1))
    chosen = np.zeros((1, 12, 8), np.float32)
    for row, (_, (x, y, w, h), class_id, score, coefficients) in enumerate(OBJECTS):
        if row != 1:
            chosen[0, 11 - row] = (
                x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, class_id, *coefficients
            )  # fmt: skip
    for array in (turned, chosen, turned.astype(np.float64), predictions().astype(np.float16)):
        found = decode(array)
        np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-3)
        assert found.class_ids.tolist() == wanted.class_ids.tolist()
        np.testing.assert_array_equal(found.masks, wanted.masks)
    named = decode(turned, prediction_layout='channels_last')
    np.testing.assert_array_equal(named.masks, wanted.masks)


@pytest.mark.parametrize(
    ('shape', 'coefficients', 'grid', 'layout'),
    [
        ((116, 8400), 32, (160, 160), 'channels_first'),
        ((8400, 116), 32, (160, 160), 'channels_last'),
        ((300, 38), 32, (160, 160), 'end_to_end'),
        # Two classes: as many columns as where the network has chosen, but all the boxes.
        ((8400, 38), 32, (160, 160), 'channels_last'),
        # More classes than boxes: 10 * 10 + 5 * 5 cells at strides 8 and 16.
        ((136, 125), 32, (20, 20), 'channels_first'),
        ((125, 136), 32, (20, 20), 'channels_last'),
        # 27x48 pixels at a stride of 8 are 4x6 cells, at 16 they are 2x3.
        ((43, 30), 32, (7, 12), 'channels_first'),
        ((43, 1000), 32, (20, 20), 'channels_first'),
        ((1000, 43), 32, (20, 20), 'channels_last'),
    ],
)
def test_the_number_of_boxes_shows_their_axis(
    shape: tuple[int, int], coefficients: int, grid: tuple[int, int], layout: str
) -> None:
    assert find_layout(np.empty(shape), coefficients, grid) == layout


def test_boxes_that_the_network_has_chosen_all_stay() -> None:
    rows = np.zeros((1, 12, 8), np.float32)
    # The lower score comes first, and covers the higher one.
    rows[0, 3] = (20, 8, 44, 24, 0.6, 2, 1, 0)
    rows[0, 7] = (21, 8, 44, 24, 0.9, 2, 1, 0)
    rows[0, 9] = (20, 8, 44, 24, 0.7, 0, 0, -1)
    found = decode(rows)
    assert found.scores.tolist() == pytest.approx([0.9, 0.7, 0.6])
    assert found.class_ids.tolist() == [2, 0, 2]
    assert decode(rows, max_detections=2).scores.tolist() == pytest.approx([0.9, 0.7])


@pytest.mark.parametrize('classes', [(-1.0, 2.0), (0.5, 2.0), (np.nan, 2.0)])
def test_a_column_that_is_no_class_is_refused(classes: tuple[float, float]) -> None:
    rows = np.zeros((1, 12, 8), np.float32)
    rows[0, :2, :5] = (20, 8, 44, 24, 0.9)
    rows[0, :2, 5] = classes
    with pytest.raises(TensorError, match='the sixth column of the boxes is no class number'):
        decode(rows)


def test_another_image_or_grid_is_not_read_as_the_one_before() -> None:
    fine = PROTOTYPES.repeat(2, 2).repeat(2, 3)
    calls = [
        (View.identity(CANVAS), PROTOTYPES),
        (View.fit((100, 100), CANVAS), PROTOTYPES),
        (View.fit((100, 100), CANVAS), fine),
        (View.fit((90, 100), CANVAS), fine),
    ]
    decoder = InstanceDecoder(InstanceConfig(prediction_layout='channels_first'))
    for view, prototypes in calls:
        outputs = Tensors({'output0': predictions(), 'output1': prototypes}, view)
        wanted = decode(predictions(), view, prototypes, prediction_layout='channels_first')
        np.testing.assert_array_equal(decoder(outputs).masks, wanted.masks)


@pytest.mark.parametrize(
    ('settings', 'scores'),
    [
        ({}, [0.9, 0.6]),
        ({'nms_iou_threshold': 0.95}, [0.9, 0.8, 0.6]),
        ({'agnostic_nms': True}, [0.9]),
        ({'score_threshold': 0.7}, [0.9]),
        ({'score_threshold': 0.95}, []),
        ({'score_threshold': float(np.float32(0.6))}, [0.9, 0.6]),
        ({'score_threshold': 0.05}, [0.9, 0.6, 0.1]),
        ({'max_detections': 1}, [0.9]),
    ],
)
def test_settings_say_which_objects_stay(settings: dict[str, Any], scores: list[float]) -> None:
    # The last object's corner is -1 in one prototype and 1 in the other: lifted into its mask.
    objects = [*OBJECTS[:3], (39, (60, 4, 8, 8), 1, 0.1, (-1, 1))]
    found = decode(predictions(*objects), **settings)
    assert found.scores.tolist() == pytest.approx(scores)
    assert found.masks.shape == (len(scores), *CANVAS)


def test_an_object_without_a_pixel_is_none() -> None:
    assert len(decode(predictions((3, (60, 4, 8, 8), 0, 0.9, (1, 0))))) == 0


def test_the_threshold_moves_the_edge_of_a_mask() -> None:
    # Between cells at x = 30 and 34 a sum falls from 1 to -1, so that it is (32 - x) / 2.
    for chance, last in ((0.5, 31.5), (0.6, 30.5), (0.3, 33.5)):
        limit = np.log(chance / (1 - chance))
        inside = [x + 0.5 for x in range(20, 44) if np.clip((32 - x - 0.5) / 2, -1, 1) > limit]
        found = decode(predictions(OBJECTS[0]), mask_threshold=chance)
        assert found.masks[0].any(0).nonzero()[0].max() + 0.5 == max(inside) == last


def test_masks_come_in_the_size_of_the_camera() -> None:
    # 100 rows and 100 columns: a canvas of 32x64 shows them in 32x32, from column 16 on.
    view = View.fit((100, 100), CANVAS)
    found = decode(predictions(OBJECTS[0]), view)
    scale = 100 / 32
    np.testing.assert_allclose(found.boxes, [[4 * scale, 8 * scale, 28 * scale, 24 * scale]])
    np.testing.assert_array_equal(found.masks[0], rectangle((100, 100), 25, 12, 75, 50))
    network = decode(predictions(OBJECTS[0]), view, mask_frame='network')
    np.testing.assert_array_equal(network.masks[0], rectangle(CANVAS, 8, 20, 24, 32))


def test_the_nearest_cell_decides_on_request() -> None:
    steps = np.where(np.arange(128) % 3 == 0, 1.0, -1.0).reshape(1, 1, 8, 16)
    prototypes = np.concatenate([steps, steps], 1).astype(np.float32)
    found = decode(predictions(OBJECTS[0]), None, prototypes, filter_mode='point')
    cells = steps[0, 0].repeat(4, 0).repeat(4, 1) > 0
    np.testing.assert_array_equal(found.masks[0], cells & rectangle(CANVAS, 8, 20, 24, 44))


def test_what_a_crop_does_not_show_has_no_mask() -> None:
    # 32 rows of 128 columns, of which the canvas shows the 64 in the middle.
    view = View.fit((32, 128), CANVAS, 'crop')
    everywhere = np.ones((1, 2, 8, 16), np.float32)
    found = decode(predictions((0, (0, 16, 200, 32), 0, 0.9, (1, 1))), view, everywhere)
    np.testing.assert_array_equal(found.masks[0], rectangle((32, 128), 0, 32, 32, 96))


def test_each_mask_is_that_of_a_plain_sum() -> None:
    random = np.random.default_rng(21)
    prototypes = random.standard_normal((1, 2, 8, 16), np.float32)
    view = View.fit((35, 61), CANVAS)
    objects = [
        (int(p), tuple(random.random(4) * (64, 32, 40, 30)), 0, 0.5, tuple(random.random(2) - 0.5))
        for p in random.permutation(BOXES)[:12]
    ]
    found = decode(predictions(*objects), view, prototypes, nms_iou_threshold=1.0)
    assert len(found) >= 8
    down, across = view.image_centres_on((8, 16))
    by_box = {
        tuple(np.round(box, 3)): mask for box, mask in zip(found.boxes, found.masks, strict=True)
    }
    compared = 0
    for _, (x, y, w, h), _, _, coefficients in objects:
        box = view.boxes_to_image([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
        box = np.clip(box, 0, (61, 35, 61, 35)).astype(np.float32)
        mask = by_box.get(tuple(np.round(box, 3)))
        if mask is None:
            continue
        compared += 1
        values = np.tensordot(np.array(coefficients), prototypes[0].astype(float), 1)
        for row, column in np.ndindex(35, 61):
            inside = box[0] <= column + 0.5 < box[2] and box[1] <= row + 0.5 < box[3]
            value = plain_value(values, down[row] - 0.5, across[column] - 0.5, view)
            if abs(value) > 1e-4:
                assert mask[row, column] == (inside and value > 0)
    assert compared == len(found)


def plain_value(grid: np.ndarray, y: float, x: float, view: View) -> float:
    """Interpolate between four cells; those of the padding give way to their neighbours."""
    top, left, bottom, right = view.visible()
    rows = np.flatnonzero((np.arange(8) * 4 + 2 >= top) & (np.arange(8) * 4 + 2 <= bottom))
    columns = np.flatnonzero((np.arange(16) * 4 + 2 >= left) & (np.arange(16) * 4 + 2 <= right))
    row, column = int(np.floor(y)), int(np.floor(x))
    picked = grid[
        np.clip([row, row + 1], rows[0], rows[-1])[:, np.newaxis],
        np.clip([column, column + 1], columns[0], columns[-1]),
    ]
    down, across = y - row, x - column
    return float(np.array([1 - down, down]) @ picked @ np.array([1 - across, across]))


@pytest.mark.parametrize(
    ('boxes', 'protos', 'settings', 'said'),
    [
        (predictions() * 3, PROTOTYPES, {}, 'scores of boxes go up to 2.7'),
        (predictions() * np.nan, PROTOTYPES, {}, 'NaN or infinite'),
        (predictions((3, (1, np.inf, 1, 1), 0, 0.9, (1, 1))), PROTOTYPES, {}, 'NaN or infinite'),
        (predictions(), PROTOTYPES * np.inf, {}, 'masks are NaN'),
        (predictions()[0], PROTOTYPES, {}, 'boxes are'),
        (predictions(), PROTOTYPES[0], {}, 'prototypes are'),
        (predictions().astype(np.int64), PROTOTYPES, {}, 'floats are expected'),
        (predictions()[:, :6], PROTOTYPES, {}, 'more than 4 \\+ 2 channels'),
        (predictions(), PROTOTYPES, {'prediction_layout': 'end_to_end'}, '6 \\+ 2 columns'),
        (np.full((1, 12, 8), 0.5, np.float32), PROTOTYPES, {}, 'no class number'),
    ],
)
def test_what_is_wrong_is_said(
    boxes: np.ndarray, protos: np.ndarray, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(TensorError, match=said):
        decode(boxes, None, protos, **settings)


def test_names_that_are_too_few_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    decoder = InstanceDecoder(InstanceConfig(class_names=('cup', 'fork'), color_palette=(1, 2)))
    outputs = Tensors({'output0': predictions(), 'output1': PROTOTYPES})
    with caplog.at_level(logging.WARNING):
        found = [decoder(outputs) for _ in range(3)][-1]
    assert found.name(2) == 'class 2'
    assert len(caplog.messages) == 1
    assert 'has 3 classes, but 2 class names' in caplog.messages[0]
    assert '2 colours' in caplog.messages[0]
