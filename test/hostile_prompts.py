"""Prompts and requests that may lie: strategies of hypothesis."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from isaac_ros_segment_anything2_interfaces.srv import AddObjects
from isaac_seg_interfaces.msg import ObjectPrompt
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D, Point2D

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
