"""Detections as messages: what is sent comes back, and what makes no sense is refused."""

from __future__ import annotations

from isaac_seg_py.errors import InputError
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.ros.detections import Detection, DETECTIONS, DETECTIONS_3D, detections_of
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header
from vision_msgs.msg import (
    Detection2D,
    Detection2DArray,
    Detection3DArray,
    ObjectHypothesisWithPose,
)

pytestmark = pytest.mark.ros
HEADER = Header(frame_id='camera')


def test_detections_arrive_as_they_left() -> None:
    sent = (
        Detection('1', 'cup', 0.5, (1.0, 2.0, 4.5, 8.0)),
        Detection('cup 7', '', 1.0, (0.0, 0.0, 0.0, 0.0)),
    )
    message = DETECTIONS.to_message(HEADER, sent)
    box = message.detections[0].bbox
    assert (box.center.position.x, box.center.position.y) == (2.75, 5.0)
    assert (box.size_x, box.size_y, box.center.theta) == (3.5, 6.0, 0.0)
    assert message.detections[1].header == HEADER
    back = deserialize_message(serialize_message(message), Detection2DArray)
    assert DETECTIONS.from_message(back) == sent


def test_objects_become_detections_with_names_or_numbers() -> None:
    masks = np.zeros((2, 4, 6), np.bool_)
    masks[0, :2, 1:3] = masks[1, 3, 5] = True
    scores, numbers = np.array([0.25, 1.0], np.float32), np.array([0, 9])
    found = InstanceMasks.of(masks, scores, numbers, ids=('a', 'b'), class_names=('cup',))
    assert detections_of(found, by_name=True) == (
        Detection('b', 'class 9', 1.0, (5, 3, 6, 4)),
        Detection('a', 'cup', 0.25, (1, 0, 3, 2)),
    )
    assert [one.class_id for one in detections_of(found, by_name=False)] == ['9', '0']


def test_the_likeliest_of_several_guesses_counts() -> None:
    guesses = []
    for name, score in (('cup', 0.25), ('box', 0.75)):
        guesses.append(ObjectHypothesisWithPose())
        guesses[-1].hypothesis.class_id, guesses[-1].hypothesis.score = name, score
    message = Detection2DArray(detections=[Detection2D(results=guesses), Detection2D()])
    first, second = DETECTIONS.from_message(message)
    assert (first.class_id, first.score) == ('box', 0.75)
    assert (second.class_id, second.score) == ('', 0.0)


@pytest.mark.parametrize('wrong', [{'size_x': -1.0}, {'size_y': float('nan')}])
def test_a_box_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    message = Detection2D(id='x')
    for name, value in wrong.items():
        setattr(message.bbox, name, value)
    with pytest.raises(InputError, match='no size below 0'):
        DETECTIONS.from_message(Detection2DArray(detections=[message]))


def test_what_is_only_sent_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match='Detection3DArray came; this suite only sends them'):
        DETECTIONS_3D.from_message(Detection3DArray())
