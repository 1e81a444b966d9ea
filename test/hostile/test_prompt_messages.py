"""Boxes, clicks and requests that lie: each is refused in words, or it is what it says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')

from geometry_msgs.msg import Point, PointStamped
from hypothesis import example, given, settings
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
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Detection2D,
    Detection2DArray,
    ObjectHypothesisWithPose,
    Point2D,
)

SIZE = (48, 64)
NUMBERS = st.one_of(
    st.floats(0, 64), st.sampled_from([0.0, -1.0, 1e308, -1e308, math.nan, math.inf, 2.0**62])
)
NAMES = st.sampled_from(['', 'known', 'new', 'é' * 9, 'x' * 5000, '7', '../..', 'known '])
LABELS = st.one_of(st.integers(0, 1), st.sampled_from([-1, 2, (1 << 31) - 1, -(1 << 31)]))
SIDES = st.sampled_from([0, 1, 48, 64, 65535, (1 << 32) - 1])
FEW = settings(max_examples=40)


@st.composite
def boxes(draw: Any) -> BoundingBox2D:
    """Make a box of any numbers."""
    made = BoundingBox2D(size_x=draw(NUMBERS), size_y=draw(NUMBERS))
    made.center.position.x, made.center.position.y = draw(NUMBERS), draw(NUMBERS)
    made.center.theta = draw(st.one_of(st.just(0.0), NUMBERS))
    return made


@st.composite
def masks(draw: Any) -> Image:
    """Make a mask that may claim more than it has."""
    height, width = draw(SIDES), draw(SIDES)
    encoding = draw(st.sampled_from(['mono8', '32FC1', 'rgb8', '']))
    made = Image(height=height, width=width, encoding=encoding, step=draw(SIDES))
    whole = height * made.step
    made.data = bytes(draw(st.sampled_from([0, 3, whole if whole < 20000 else 10])))
    return made


@st.composite
def prompts(draw: Any) -> ObjectPrompt:
    """Make a prompt whose fields may or may not fit together."""
    made = ObjectPrompt(id=draw(NAMES), class_id=draw(NAMES), use_box=draw(st.booleans()))
    made.points = draw(st.lists(st.builds(Point2D, x=NUMBERS, y=NUMBERS), max_size=3))
    count = draw(st.sampled_from([len(made.points), 0, 3]))
    made.point_labels = draw(st.lists(LABELS, min_size=count, max_size=count))
    made.box = draw(boxes())
    if draw(st.booleans()):
        made.mask = draw(masks())
    return made


def headers() -> Any:
    """Make stamps: of the image that is there, of none, and of another clock."""

    def header(sec: int, nanosec: int) -> Header:
        made = Header()
        made.stamp.sec, made.stamp.nanosec = sec, nanosec
        return made

    seconds = st.sampled_from([0, 1, 2, 5, -(1 << 31), (1 << 31) - 1])
    return st.builds(header, seconds, st.sampled_from([0, 1, (1 << 32) - 1]))


@st.composite
def adds(draw: Any) -> AddObjects.Request:
    """Make a request to add objects."""
    made = AddObjects.Request(request_header=draw(headers()))
    made.bbox_object_ids = draw(st.lists(NAMES, max_size=3))
    count = draw(st.sampled_from([len(made.bbox_object_ids), 1]))
    made.bbox_coords = draw(st.lists(boxes(), min_size=count, max_size=count))
    made.point_object_ids = draw(st.lists(NAMES, max_size=3))
    count = draw(st.sampled_from([len(made.point_object_ids), 2]))
    spots = st.builds(Point2D, x=NUMBERS, y=NUMBERS)
    made.point_coords = draw(st.lists(spots, min_size=count, max_size=count))
    made.point_labels = draw(st.lists(LABELS, min_size=count, max_size=count))
    return made


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
