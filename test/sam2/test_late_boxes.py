"""Boxes of a detector whose image is still to come find their objects once it is here."""

from __future__ import annotations

from collections.abc import Callable

from isaac_seg_py import VideoTracker
import numpy as np
from painted_boxes import FAR, HERE, lies_on, moved, picture, YELLOW

Open = Callable[..., VideoTracker]


def test_boxes_that_wait_are_not_doubled(tracker: Open) -> None:
    track = tracker()
    assert track.adopt([HERE], stamp=5) == ['object_1']
    assert track.adopt([HERE, FAR], stamp=5) == ['object_1', 'object_2']
    assert len(track(picture(HERE), stamp=4)) == 0
    assert len(track(picture(HERE), stamp=5)) == 2


def test_a_box_of_an_image_to_come_is_of_who_has_moved_there_by_then(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.add('cup', box=HERE, stamp=0)
    there = moved(HERE, 20)
    (name,) = track.adopt([there], stamp=1)
    assert set(track.ids) == {'cup', name}
    seen = track(picture(there), stamp=1)
    assert seen.ids == track.ids == ('cup',)
    assert not seen.refused
    # Noted as found there: it is looked for near that box when it goes astray.
    track(picture(FAR) + picture(there, color=YELLOW), stamp=2)
    assert track.adopt([moved(there, 2)], stamp=2) == ['cup']


def test_a_box_of_an_image_to_come_that_is_of_nobody_is_new(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.add('cup', box=HERE, stamp=0)
    (name,) = track.adopt([FAR], class_ids=[3], stamp=1)
    seen = track(picture(HERE) + picture(FAR, color=YELLOW), stamp=1)
    assert seen.ids == ('cup', name)
    assert lies_on(seen.boxes[1], FAR)
    assert seen.objects.class_ids.tolist() == [0, 3]
    # What a detector brought makes room once it is gone for long.
    assert track.adopt([FAR], class_ids=[3], stamp=1) == [name]


def test_an_object_lost_in_an_image_to_come_is_found_by_its_box(tracker: Open) -> None:
    track = tracker()
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    assert track.adopt([moved(HERE, 2)], stamp=1) == ['object_1']
    # In other colours it would not be seen.
    seen = track(picture(moved(HERE, 2), color=YELLOW), stamp=1)
    assert seen.ids == ('object_1',)
    assert seen.visible.all()
    assert lies_on(seen.boxes[0], moved(HERE, 2))


def test_boxes_of_images_that_do_not_come_are_not_piled_up(tracker: Open) -> None:
    track = tracker(max_num_objects=2)
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    for stamp in range(1, 50):
        assert track.adopt([HERE], stamp=stamp) == ['object_1']
    assert len(track._waiting.due(99)) == 1
    assert track(picture(HERE), stamp=60).ids == ('object_1',)


def test_boxes_of_an_image_to_come_make_room_as_well(tracker: Open) -> None:
    track = tracker(max_num_objects=1)
    track(picture(HERE), stamp=0)
    track.adopt([HERE], stamp=0)
    for stamp in range(1, 11):
        track(picture(HERE), stamp=stamp)
        track.adopt(np.zeros((0, 4)), stamp=stamp)
    assert track.adopt([FAR], class_ids=[1], stamp=11) == ['object_2'] == list(track.ids)
    assert track(picture(HERE, FAR), stamp=11).ids == ('object_2',)
