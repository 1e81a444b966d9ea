"""Boxes of a detector find their objects, whatever the masks look like, and double none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from isaac_seg_py import PromptError, VideoTracker
from isaac_seg_py.scenes import stream_video
import numpy as np
from painted_boxes import FAR, HERE, lies_on, moved, picture, THERE, YELLOW
import pytest

Open = Callable[..., VideoTracker]
SHIPPED = Path(__file__).parents[2] / 'models' / 'tiny_sam2.yaml'


def test_a_mask_with_cells_that_stray_is_still_of_its_box(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    assert track.adopt([HERE], stamp=0) == ['object_1']
    seen = track(picture(HERE, (58, 42, 62, 46)), stamp=1)
    # The box around all that is of its colour is that of nothing.
    assert seen.boxes[0, 2] > 55
    assert track.adopt([HERE], stamp=1) == ['object_1']
    assert track.ids == ('object_1',)


def test_a_mask_that_spills_over_is_still_of_its_box(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    track(picture(HERE, (22, 14, 60, 18)), stamp=1)
    assert track.adopt([HERE], stamp=1) == ['object_1']


def test_late_boxes_of_images_in_a_row_are_of_one_object(tracker: Open) -> None:
    track = tracker()
    for stamp in range(4):
        track(picture(moved(HERE, 10 * stamp)), stamp=stamp)
    # Between these nobody has asked where the object is in the later images.
    for stamp in range(3):
        assert track.adopt([moved(HERE, 10 * stamp)], stamp=stamp) == ['object_1']
    assert track.ids == ('object_1',)


def test_two_boxes_of_one_thing_are_one_object(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    assert track.adopt([HERE], stamp=0) == ['object_1']
    track(picture(HERE), stamp=1)
    assert track.adopt([moved(HERE, 3), HERE], stamp=1) == ['object_1', 'object_1']
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], HERE)


def test_two_that_look_alike_keep_their_names(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE, THERE), stamp=0)
    assert track.adopt([HERE, THERE], stamp=0) == ['object_1', 'object_2']
    for stamp in range(1, 4):
        here, there = moved(HERE, 2 * stamp), moved(THERE, -2 * stamp)
        track(picture(here, there), stamp=stamp)
        assert track.adopt([there, here], stamp=stamp) == ['object_2', 'object_1']


def test_an_object_that_went_astray_is_shown_again_under_its_name(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    # It changes its colour, and something in its old colour turns up far away.
    image = picture(FAR) + picture(HERE, color=YELLOW)
    assert lies_on(track(image, stamp=1).boxes[0], FAR)
    assert track.adopt([moved(HERE, 2)], stamp=1) == ['object_1']
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], HERE)


def test_what_a_detector_misses_stays_where_it_is(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    track(picture(HERE) + picture(FAR, color=YELLOW), stamp=1)
    assert track.adopt([FAR], stamp=1) == ['object_2']
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], HERE)
    assert lies_on(latest.boxes[1], FAR)


def test_a_box_of_an_image_before_an_object_corrects_nothing(tracker: Open) -> None:
    track = tracker()
    for stamp in range(3):
        track(picture(HERE), stamp=stamp)
    assert track.adopt([HERE], stamp=2) == ['object_1']
    # Near enough to be the same, but in an image in which it was not followed.
    assert track.adopt([moved(HERE, 12)], stamp=0) == ['object_1']
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], HERE)


@pytest.mark.parametrize('is_adopted', [True, False])
def test_only_what_a_detector_brought_and_lost_makes_room(tracker: Open, is_adopted: bool) -> None:
    track = tracker(max_num_objects=1)
    image = picture(HERE) + picture(FAR, color=YELLOW)
    track(image, stamp=0)
    if is_adopted:
        track.adopt([HERE], stamp=0)
    else:
        track.add('object_1', box=HERE, stamp=0)
        assert track.adopt([HERE], stamp=0) == ['object_1']
    for stamp in range(1, 11):
        track(image, stamp=stamp)
        assert track.adopt([FAR], stamp=stamp) == [None]
    track(image, stamp=11)
    names = track.adopt([FAR], stamp=11)
    assert (names == [None]) is not is_adopted
    assert track.ids == (tuple(names) if is_adopted else ('object_1',))


@pytest.mark.skipif(not SHIPPED.exists(), reason='models/tiny_sam2.yaml is not made yet')
def test_a_detector_without_faults_makes_about_as_many_objects_as_there_are() -> None:
    with VideoTracker.open(str(SHIPPED), threads=1, max_num_objects=12) as track:
        for stamp, scene in enumerate(islice(stream_video(820_004, (240, 320), 7), 9)):
            track(scene.image, stamp=stamp)
            found = track.adopt(
                list(scene.boxes.values()),
                class_ids=[scene.class_ids[number] for number in scene.boxes],
                stamp=stamp,
            )
            assert None not in found
        assert 7 <= len(track.ids) <= 8


@pytest.mark.parametrize(
    'boxes', [(1, 1, 9, 9, 2, 2, 8, 8), HERE, [(1, 1, 9)], [(1, 1, np.nan, 9)], [(1, 1, 9, 1e99)],
              [(1, 1, 9, 'x')], [(1, 1, 9, 10**400)], [HERE, (1, 1)]],
)  # fmt: skip
def test_what_is_no_list_of_boxes_is_refused(tracker: Open, boxes: Any) -> None:
    track = tracker()
    for _ in range(2):
        with pytest.raises(PromptError, match=r'^boxes (have the shape|cannot be read)'):
            track.adopt(boxes)
        assert track(picture(HERE)).ids == ()


def test_boxes_without_bounds_are_cut(tracker: Open) -> None:
    track = tracker()
    huge = [(-1e30, -1e30, 1e30, 1e30)]
    track(picture(HERE))
    assert track.adopt(huge) == ['object_1']
    track(picture(HERE))
    # Warnings are errors here.
    assert len(track.adopt(huge)) == 1
    assert track.adopt([]) == []
    for stamp in (1, 2):
        with pytest.raises(PromptError, match='lies outside'):
            track.adopt([(99, 99, 120, 120)], class_ids=[5], stamp=stamp)
    assert track.ids == ('object_1',)
