"""Boxes of a detector become objects, and are matched with those that are followed."""

from __future__ import annotations

from collections.abc import Callable

from color_scene import BLUE, box, GREEN, lies_on, RED, scene
from isaac_seg_py import VideoTracker

Open = Callable[..., VideoTracker]


def test_detections_become_objects_and_find_lost_ones(tracker: Open) -> None:
    track = tracker(max_num_objects=3)
    track(scene(), stamp=0)
    names = track.adopt([box(RED), box(GREEN)], class_ids=[1, 2], names=['cup', 'pen'], stamp=0)
    assert names == ['cup_1', 'pen_2']
    # Of one that is followed nothing is new; a box of another class is another thing.
    track(scene(1), stamp=1)
    assert track.adopt([box(RED, 1)], class_ids=[1], stamp=1) == ['cup_1']
    assert track.adopt([box(RED, 1)], class_ids=[2], names=['pen'], stamp=1) == ['pen_3']
    assert track.adopt([box(BLUE, 1)], class_ids=[3], stamp=1) == [None]
    track.remove('pen_3')
    seen = track(scene(2, without=RED), stamp=2)
    assert seen.visible.tolist() == [False, True]
    # A detector sees it again, in another colour; it was lost, and has its name back.
    painted = scene(2)
    painted[(painted == RED).all(-1)] = (255, 255, 0)
    assert not track(painted, stamp=3).visible[0]
    assert track.adopt([box(RED, 2)], class_ids=[1], stamp=3) == ['cup_1']
    latest = track.latest
    assert latest is not None
    assert latest.visible.tolist() == [True, True]
    assert lies_on(latest.boxes[0], RED, 2)


def test_boxes_before_the_first_image_wait_for_it(tracker: Open) -> None:
    track = tracker()
    assert track.adopt([box(RED)]) == ['object_1']
    assert lies_on(track(scene()).boxes[0], RED)


def test_boxes_of_an_earlier_image_are_matched_where_objects_were_then(tracker: Open) -> None:
    track = tracker()
    track(scene(), stamp=0)
    assert track.adopt([box(RED)], stamp=0) == ['object_1']
    for stamp in (1, 2):
        # In one image it moves by more than its width.
        track(scene(stamp * 15), stamp=stamp)
    assert track.adopt([box(RED, 15)], stamp=1) == ['object_1']
    assert track.ids == ('object_1',)
