"""Boxes and clicks come as topics; masks with ids, classes, scores and headers go."""

from __future__ import annotations

from collections.abc import Callable
import json
from typing import Any

from asked_graph import (
    Asker,
    corners_of,
    detections,
    grey,
    mask_of,
    OUTPUTS,
    PREFIX,
    SIZE,
    sure_of,
)
from isaac_seg_py import rle
import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from topic_listener import Topics
from watched_graph import array

pytestmark = pytest.mark.ros
# On the edges of the network's cells.
LEFT, RIGHT = (8, 8, 24, 24), (32, 16, 60, 40)


def test_boxes_become_masks_with_ids_classes_scores_and_the_header_of_the_image(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked(alpha='0.0', marks='false')
    asker.images.publish(grey(1, 204))
    asker.prompts.publish(detections(1, [LEFT, RIGHT], ['left', 'r2'], ['cup', '7']))
    asker.until(lambda: heard.have(1), 'answers')
    found = heard[PREFIX + 'detections'][0]
    assert [one.id for one in found.detections] == ['left', 'r2']
    assert [one.results[0].hypothesis.class_id for one in found.detections] == ['cup', '7']
    # The image has 204 / 255 and fills three quarters of the canvas.
    np.testing.assert_allclose(sure_of(found), [0.6, 0.6], atol=1e-3)
    for one in (found, *found.detections, *(heard[topic][0] for topic in OUTPUTS if 'json' not in
                                           topic)):  # fmt: skip
        assert (one.header.stamp.sec, one.header.frame_id) == (1, 'camera')
    truth = np.zeros(SIZE, np.uint16)
    for number, (x1, y1, x2, y2) in enumerate((LEFT, RIGHT), 1):
        truth[y1:y2, x1:x2] = number
        np.testing.assert_allclose(
            corners_of(found.detections[number - 1]), (x1, y1, x2, y2), atol=1
        )
    labels = mask_of(heard[PREFIX + 'label_image'][0])
    assert heard[PREFIX + 'label_image'][0].encoding == 'mono16'
    assert (labels == truth).mean() > 0.98
    (tensor,) = heard[PREFIX + 'raw_segmentation_mask'][0].tensors
    assert (tensor.data_type, list(tensor.shape.dims)) == (2, [2, 1, *SIZE])
    rows = np.frombuffer(tensor.data, np.uint8).reshape(2, *SIZE)
    np.testing.assert_array_equal(rows[0] + 2 * rows[1].astype(np.uint16), labels)
    classes = mask_of(heard[PREFIX + 'class_segmentation_mask'][0])
    assert set(np.unique(classes[labels == 2])) == {7}
    colored = array(heard[PREFIX + 'colored_segmentation_mask'][0])
    overlay = array(heard[PREFIX + 'overlay'][0])
    np.testing.assert_array_equal(overlay[labels > 0], colored[labels > 0])
    assert (overlay[labels == 0] == 204).all()
    content = json.loads(heard[PREFIX + 'json'][0].data)
    assert [one['id'] for one in content['objects']] == ['left', 'r2']
    np.testing.assert_array_equal(rle.decode(content['objects'][0]['rle']), labels == 1)
    told = [(one.class_name, one.pixels) for one in heard[PREFIX + 'statistics'][0].classes]
    assert sorted(told) == [('7', int((labels == 2).sum())), ('cup', int((labels == 1).sum()))]
    assert node.facts()['images encoded'] == '1'


@pytest.mark.parametrize('by', ['object', 'class'])
def test_legend_and_overlay_have_the_colours_of_the_mask(
    asked: Callable[..., Any], asker: Asker, heard: Topics, by: str
) -> None:
    legend = PREFIX + 'legend'
    heard.hear(legend, Image)
    asked(alpha='0.0', color_by=by)
    asker.images.publish(grey(1, 204))
    asker.prompts.publish(detections(1, [LEFT, RIGHT], ['left', 'r2'], ['cup', 'cup']))
    asker.until(lambda: heard.have(1), 'answers')
    # The rows of the legend are 28 high, each with a swatch in its middle.
    rows = array(heard[legend][0])[14::28, 14].tolist()
    colored = array(heard[PREFIX + 'colored_segmentation_mask'][0])
    places = [((y1 + y2) // 2, (x1 + x2) // 2) for x1, y1, x2, y2 in (LEFT, RIGHT)]
    colors = [colored[place].tolist() for place in places]
    assert len({tuple(one) for one in colors}) == len(rows) == (2 if by == 'object' else 1)
    assert colors[: len(rows)] == rows
    overlay = array(heard[PREFIX + 'overlay'][0])
    labels = mask_of(heard[PREFIX + 'label_image'][0])
    # Above the right object, where its name stands, the image has gone.
    assert (overlay[10:15, 34:50] != 204).any(-1).all()
    assert not labels[10:15, 34:50].any()


def test_no_boxes_give_an_empty_answer(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    asked()
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(1, []))
    asker.until(lambda: heard.have(1), 'an empty answer')
    assert heard[PREFIX + 'detections'][0].detections == []
    assert heard[PREFIX + 'detections'][0].header.frame_id == 'camera'
    labels = mask_of(heard[PREFIX + 'label_image'][0])
    assert labels.shape == SIZE
    assert not labels.any()
    (tensor,) = heard[PREFIX + 'raw_segmentation_mask'][0].tensors
    assert list(tensor.shape.dims) == [0, 1, *SIZE]


def test_more_boxes_than_go_at_once_are_all_answered(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked(max_batch_size='3')
    boxes = [(2 * i, i, 2 * i + 20, i + 20) for i in range(10)]
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(1, boxes))
    asker.until(lambda: heard.have(1), 'an answer')
    found = heard[PREFIX + 'detections'][0].detections
    assert [one.id for one in found] == [f'object {i}' for i in range(10)]
    for one, corners in zip(found, boxes, strict=True):
        np.testing.assert_allclose(corners_of(one), corners, atol=2.5)
    assert node.facts()['images encoded'] == '1'


def test_bad_boxes_are_told_and_counted_and_the_others_answered(
    asked: Callable[..., Any], asker: Asker, heard: Topics, capfd: pytest.CaptureFixture[str]
) -> None:
    node = asked()
    nan = float('nan')
    boxes = [(70, 0, 90, 10), LEFT, (9, 9, 3, 12), (nan, 0, 9, 9), (5, 5, 5, 9), (-9, -9, 20, 20)]
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(1, boxes, list('abcdef')))
    asker.until(lambda: heard.have(1), 'an answer')
    found = heard[PREFIX + 'detections'][0].detections
    assert [one.id for one in found] == ['b', 'f']
    np.testing.assert_allclose(corners_of(found[1]), (0, 0, 20, 20), atol=1)
    assert node.stats.summary().dropped == {'bad prompt': 4}
    errors = capfd.readouterr().err
    assert 'outside of the image of 64x48' in errors
    assert 'x1 < x2' in errors
    assert 'NaN' in errors


def test_ids_that_are_empty_or_doubled_get_one_of_their_own_and_empty_masks_are_left_out(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    asked()
    tiny = (30.1, 30.1, 30.4, 30.4)
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(1, [LEFT, tiny, RIGHT, LEFT], ['a', 'a', '', '3']))
    asker.until(lambda: heard.have(1), 'an answer')
    found = heard[PREFIX + 'detections'][0].detections
    assert [one.id for one in found] == ['a', '3_', '3']
    (tensor,) = heard[PREFIX + 'raw_segmentation_mask'][0].tensors
    assert tensor.shape.dims[0] == 4


def test_thresholds_and_looks_change_while_running(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked()
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(1, [RIGHT]))
    asker.until(lambda: heard.have(1), 'an answer')
    changed = {'mask_threshold': 4.0, 'classes_as': 'number', 'prompt_tolerance_ms': 600.0}
    changed |= {'prompt_timeout_ms': 50.0}
    for name, value in changed.items():
        assert node.set_parameters([Parameter(name, value=value)])[0].successful
    asker.prompts.publish(detections(1.5, [RIGHT]))
    asker.until(lambda: heard.have(2), 'an answer')
    before, after = (one.detections[0] for one in heard[PREFIX + 'detections'])
    assert after.bbox.size_x < before.bbox.size_x - 4
    told = [one.results[0].hypothesis.class_id for one in (before, after)]
    assert told == ['cup', '0']
    assert not node.set_parameters([Parameter('mask_threshold', value=99.0)])[0].successful
