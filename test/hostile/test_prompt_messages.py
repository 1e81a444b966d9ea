"""Boxes, clicks and requests that lie: each is refused in words, or it is what it says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')

from geometry_msgs.msg import Point, PointStamped
from hostile_prompts import adds, boxes, FEW, headers, NAMES, NUMBERS, prompts, SIZE
from hypothesis import example, given
from hypothesis import strategies as st
from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_interfaces.msg import ObjectPrompt
from isaac_seg_interfaces.srv import ListObjects, RenameObject, UpdateObject
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.errors import PromptError
from isaac_seg_py.families.sam2_opening import open_sam2
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.follower import Follower
from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.prompt_classes import ClassNumbers
from isaac_seg_py.ros.prompt_messages import asked_by_request, BOXES, CLICK
from isaac_seg_py.track.tracker import VideoTracker
from isaac_seg_py.track_config import TrackConfig
import numpy as np
from sam2_color_networks import write_color_networks
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray, ObjectHypothesisWithPose


@pytest.fixture(scope='module')
def following(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give a follower with a network that knows colours."""
    path: Path = write_color_networks(tmp_path_factory.mktemp('sam2'))
    manifest = find_manifest(str(path))
    config = TrackConfig(max_num_objects=3, history_frames=3)
    network = open_sam2(manifest, threads=1, **vars(config))
    follower = Follower(VideoTracker(manifest, network), config, ClassNumbers(('a', 'b')))
    yield follower
    follower.close()


def begin_anew(follower: Follower) -> Follower:
    """Have it follow 'known' and nothing else, from an image of stamp 1."""
    follower.clear(None)
    show(follower, 1)
    box = BoundingBox2D(size_x=16.0, size_y=12.0)
    box.center.position.x, box.center.position.y = 16.0, 12.0
    asked = AddObjects.Request(bbox_object_ids=['known'], bbox_coords=[box])
    follower.add_objects(asked)
    return follower


def show(follower: Follower, second: int) -> Any:
    """Show an image with a red box."""
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[6:18, 8:24, 0] = 255
    header = Header(frame_id='camera')
    header.stamp.sec = second
    return follower.see(Packet(header, RawImage.from_array(pixels, 'rgb8')))


def names(follower: Follower) -> list[str]:
    """Return what is followed."""
    listed = follower.list_objects(ListObjects.Request()).states.objects
    return [str(one.id) for one in listed]


def check_goes_on(follower: Follower) -> None:
    """Find the objects sane in the next image."""
    seen = show(follower, 2)
    assert [str(name) for name in seen.ids] == names(follower)
    assert len(seen.ids) == len(set(seen.ids)) <= 3
    assert np.isfinite(seen.objects.boxes).all()


@FEW
@given(asked=adds())
def test_add_objects_adds_all_or_refuses_all(
    bounded: Any, following: Follower, asked: AddObjects.Request
) -> None:
    follower = begin_anew(following)
    with bounded(4 << 20):
        try:
            answer = follower.add_objects(asked)
        except PromptError as error:
            assert str(error)
            assert names(follower) == ['known']
        else:
            wanted = [*asked.bbox_object_ids, *dict.fromkeys(asked.point_object_ids)]
            assert list(answer.object_ids) == names(follower)
            assert sorted(answer.object_ids) == sorted(['known', *wanted])
        check_goes_on(follower)


@FEW
@given(asked=prompts(), header=headers(), create=st.booleans(), replace=st.booleans())
def test_update_object_corrects_or_changes_nothing(
    bounded: Any, following: Follower, asked: ObjectPrompt, header: Header, create: bool,
    replace: bool,
) -> None:  # fmt: skip
    follower = begin_anew(following)
    request = UpdateObject.Request(prompt=asked, request_header=header)
    request.create, request.replace = create, replace
    with bounded(4 << 20):
        try:
            answer = follower.update_object(request)
        except PromptError as error:
            assert str(error)
            assert names(follower) == ['known']
        else:
            assert answer.object.id in names(follower)
            assert create or answer.object.id == 'known'
        check_goes_on(follower)


@FEW
@given(one=NAMES, other=NAMES)
def test_remove_and_rename_know_their_objects(following: Follower, one: str, other: str) -> None:
    follower = begin_anew(following)
    try:
        follower.rename_object(RenameObject.Request(object_id=one, new_object_id=other))
    except PromptError as error:
        assert str(error)
        assert names(follower) == ['known']
    else:
        assert (one, names(follower)) == ('known', [other])
        assert other
    before = names(follower)
    try:
        follower.remove_object(RemoveObject.Request(object_id=other))
    except PromptError:
        assert other not in before
        assert names(follower) == before
    else:
        assert before == [other]
        assert names(follower) == []
    check_goes_on(follower)


@FEW
@given(found=st.lists(st.tuples(boxes(), NAMES, NUMBERS), max_size=4), header=headers())
def test_boxes_of_a_detector_are_followed_or_refused_each_by_itself(
    bounded: Any, following: Follower, found: list[Any], header: Header
) -> None:
    message = Detection2DArray(header=header)
    for box, name, score in found:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = name, score
        message.detections.append(Detection2D(bbox=box, id=name, results=[result]))
    follower = begin_anew(following)
    with bounded(4 << 20):
        packet = Packet(header, BOXES.from_message(message))
        try:
            wrong = follower.adopt(packet)
        except PromptError as error:
            wrong = [error]
        assert all(str(error) for error in wrong)
        assert len(wrong) <= len(found) + 1
        assert names(follower)[0] == 'known'
        check_goes_on(follower)


@FEW
@given(x=NUMBERS, y=NUMBERS, z=NUMBERS, header=headers(), target=NAMES)
@example(x=10.0, y=10.0, z=math.nan, header=Header(), target='')
def test_a_click_means_an_object_or_nothing(
    following: Follower, x: float, y: float, z: float, header: Header, target: str
) -> None:
    follower = begin_anew(following)
    point = CLICK.from_message(PointStamped(header=header, point=Point(x=x, y=y, z=z)))
    try:
        follower.click(Packet(header, point), target)
    except PromptError as error:
        assert str(error)
        assert names(follower) == ['known']
    else:
        assert 0 <= x < SIZE[1]
        assert 0 <= y < SIZE[0]
    check_goes_on(follower)


@FEW
@given(asked=st.lists(prompts(), max_size=3))
def test_what_a_request_shows_lies_in_the_image(bounded: Any, asked: list[ObjectPrompt]) -> None:
    view = View.fit(SIZE, (64, 64), 'stretch')
    with bounded(4 << 20):
        found = asked_by_request(asked)
        assert len({one.id for one in found}) == len(asked)
        assert all(one.id for one in found)
        for one in found:
            try:
                prompt = one.prompt(view, (16, 16))
            except PromptError as error:
                assert str(error)
                continue
            assert (prompt.points >= 0).all()
            assert (prompt.points < (SIZE[1], SIZE[0])).all()
            assert set(prompt.labels.tolist()) <= {0, 1}
            assert prompt.box is None or np.isfinite(prompt.box).all()
            assert prompt.mask is None or prompt.mask.shape == (16, 16)
