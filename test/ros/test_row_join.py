"""Masks that come in parts, and the prompts that they answer, become one frame."""

from __future__ import annotations

from isaac_seg_py.decode.mask_rows import MaskRows
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.ros.detections import Detection
from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.row_join import RowJoin
import numpy as np
import pytest
from std_msgs.msg import Header

pytestmark = pytest.mark.ros


def header(number: int) -> Header:
    """Make a header with that stamp."""
    made = Header()
    made.stamp.sec = number
    return made


def prompts(number: int, count: int) -> Packet[tuple[Detection, ...]]:
    """Make the prompts of an image."""
    return Packet(
        header(number), tuple(Detection(str(n), '', 1.0, (0, 0, 1, 1)) for n in range(count))
    )


def rows(number: int, count: int) -> Packet[MaskRows]:
    """Make masks of an image."""
    scores = tuple(np.zeros((2, 2), np.float32) for _ in range(count))
    return Packet(header(number), MaskRows(scores, None, View.identity((2, 2))))


def test_parts_are_awaited_in_any_order_and_frames_do_not_mix() -> None:
    join = RowJoin(5, lambda: pytest.fail('nothing is lost'))
    assert join.add_rows(rows(1, 2)) is None
    assert join.add_prompts(prompts(2, 1)) is None
    assert join.add_prompts(prompts(1, 3)) is None
    other = join.add_rows(rows(2, 1))
    assert other is not None
    assert (other.header.stamp.sec, other.rows) == (2, 1)
    frame = join.add_rows(rows(1, 1))
    assert frame is not None
    assert (frame.header.stamp.sec, [len(part) for part in frame.parts]) == (1, [2, 1])


def test_two_questions_about_one_image_have_two_answers() -> None:
    join = RowJoin(5, lambda: pytest.fail('nothing is lost'))
    assert join.add_prompts(prompts(1, 1)) is None
    assert join.add_prompts(prompts(1, 2)) is None
    first = join.add_rows(rows(1, 1))
    assert first is not None
    assert first.prompts is not None
    assert len(first.prompts) == 1
    second = join.add_rows(rows(1, 2))
    assert second is not None
    assert second.rows == 2


def test_no_prompts_are_an_answer_at_once() -> None:
    frame = RowJoin(5, lambda: None).add_prompts(prompts(1, 0))
    assert frame is not None
    assert frame.rows == 0


def test_what_waits_too_long_is_let_go_and_told() -> None:
    lost: list[int] = []
    join = RowJoin(2, lambda: lost.append(1))
    for number in (1, 2, 3):
        assert join.add_prompts(prompts(number, 1)) is None
    assert len(lost) == 1
    assert join.add_rows(rows(3, 1)) is not None
    # What is left of it begins a frame that never ends.
    assert join.add_rows(rows(1, 1)) is None


def test_more_masks_than_prompts_are_told_and_the_next_frame_passes() -> None:
    join = RowJoin(5, lambda: None)
    join.add_prompts(prompts(1, 2))
    with pytest.raises(TensorError, match='3 masks came for 2 prompts'):
        join.add_rows(rows(1, 3))
    join.add_prompts(prompts(2, 1))
    assert join.add_rows(rows(2, 1)) is not None
