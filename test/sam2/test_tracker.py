"""Objects are shown, followed and let go; the networks follow colours."""

from __future__ import annotations

from collections.abc import Callable

from color_scene import BLUE, box, GREEN, lies_on, PLACES, point, RED, scene
from isaac_seg_py import PromptError, VideoTracker
import numpy as np
import pytest

Open = Callable[..., VideoTracker]


def test_boxes_points_and_masks_show_objects(tracker: Open) -> None:
    track = tracker()
    mask = np.zeros((48, 64), np.bool_)
    left, top, right, bottom = box(BLUE)
    mask[top:bottom, left:right] = True
    track.add('red', box=box(RED), class_id=3)
    track.add('green', points=[point(GREEN), (1, 1)], labels=[1, 0])
    track.add('blue', mask=mask)
    seen = track(scene())
    assert seen.ids == ('red', 'green', 'blue')
    for found, color in zip(seen.boxes, (RED, GREEN, BLUE), strict=True):
        assert lies_on(found, color)
    assert seen.objects.class_ids.tolist() == [3, 0, 0]
    # All but the corners, which the coarse mask rounds.
    assert (seen.masks[2] != mask).sum() <= 4
    assert seen.areas.tolist() == [int(one.sum()) for one in seen.masks]


def test_objects_are_followed_hidden_and_seen_again(tracker: Open) -> None:
    track = tracker()
    track.add('red', box=box(RED))
    track.add('green', points=point(GREEN))
    for frame in range(6):
        hidden = RED if frame in (2, 3) else None
        seen = track(scene(frame, without=hidden), stamp=100 + frame)
        assert seen.visible.tolist() == [hidden is None, True]
        assert lies_on(seen.boxes[1], GREEN, frame)
        assert seen.ages == (frame, frame)
        assert seen.unseen == ({2: 1, 3: 2}.get(frame, 0), 0)
        if hidden:
            assert not seen.masks[0].any()
            assert seen.areas[0] == seen.scores[0] == 0
            assert seen.presence[0] < 0.5 < seen.presence[1]
        else:
            assert lies_on(seen.boxes[0], RED, frame)
    assert track._network.images_encoded == 6


def test_names_and_numbers_stay_when_others_go(tracker: Open) -> None:
    track = tracker(max_num_objects=3)
    for name, color in (('red', RED), ('green', GREEN), ('blue', BLUE)):
        track.add(name, box=box(color))
    track(scene())
    track.remove('green')
    track.rename('blue', 'sky')
    seen = track(scene(1))
    assert seen.ids == ('red', 'sky')
    assert seen.labels.tolist() == [1, 3]
    assert set(np.unique(seen.label_image())) == {0, 1, 3}
    left, top, *_ = box(BLUE, 1)
    assert seen.label_image()[top + 4, left + 4] == 3
    track.add('green', points=point(GREEN, 2))
    seen = track(scene(2))
    assert seen.ids == ('red', 'sky', 'green')
    assert seen.labels.tolist() == [1, 3, 2]
    assert lies_on(seen.boxes[2], GREEN, 2)
    track.clear()
    assert len(track(scene(3))) == 0


def test_another_size_and_a_jump_back_in_time_lose_nobody(tracker: Open) -> None:
    track = tracker()
    track.add('red', box=box(RED))
    track(scene(), stamp=1000)
    large = track(scene(size=2), stamp=2000)
    assert large.objects.size == (96, 128)
    assert np.abs(large.boxes[0] - np.multiply(box(RED), 2)).max() <= 3
    back = track(scene(1), stamp=10)
    assert lies_on(back.boxes[0], RED, 1)
    assert back.ages == (0,)
    with pytest.raises(PromptError, match='no longer kept; kept are 10 to 10'):
        track.update('red', box=box(RED), stamp=5)


def test_holes_are_filled_where_that_is_set(tracker: Open) -> None:
    image = scene()
    top, left = PLACES[RED]
    image[top + 4 : top + 6, left + 6 : left + 8] = 0
    for area in (0, 1, 9):
        track = tracker(fill_holes=area)
        track.add('one', points=(left + 3, top + 3))
        inside = track(image).masks[0][top + 3 : top + 8, left + 5 : left + 9]
        assert inside.all() == (area == 9)


def test_a_pixel_is_of_one_object_where_that_is_set(tracker: Open) -> None:
    both = {}
    for alone in (False, True):
        track = tracker(non_overlapping=alone)
        track.add('one', box=box(RED))
        track.add('two', points=np.add(PLACES[RED][::-1], 1))
        both[alone] = track(scene()).masks
    assert (both[False].sum(0) == 2).any()
    assert (both[True].sum(0) <= 1).all()
    # Nothing is lost between the two.
    np.testing.assert_array_equal(both[True].any(0), both[False].any(0))
    assert both[True].any((1, 2)).all()


def test_what_has_no_pixel_is_not_seen_and_who_showed_it_is_told(
    tracker: Open, caplog: pytest.LogCaptureFixture
) -> None:
    # No score is as high as that.
    track = tracker(mask_threshold=32.0)
    track.add('red', box=box(RED))
    for frame in range(3):
        seen = track(scene(frame))
        assert seen.presence[0] > 0.5
        assert (seen.visible[0], seen.areas[0], seen.scores[0]) == (False, 0, 0)
        assert seen.unseen == (frame,)
    (said,) = [one.getMessage() for one in caplog.records]
    assert said.startswith("nothing is found where object 'red' is shown")
    track.update('red', points=[(1, 1)], labels=[0])
    assert len(caplog.records) == 1, 'a point beside it shows nothing'
    track.update('red', points=[point(RED, 2)])
    assert len(caplog.records) == 2


def test_a_tracker_is_opened_with_settings_and_says_what_is_wrong(tracker: Open) -> None:
    from isaac_seg_py import ConfigError

    with pytest.raises(ConfigError, match='memory_frames is 8; it must be 1 to 7'):
        tracker(memory_frames=8)
    with pytest.raises(ConfigError, match='unknown setting memory'):
        tracker(memory=3)


def test_a_stamp_of_images_that_are_counted_is_their_number(tracker: Open) -> None:
    track = tracker()
    track.add('red', box=box(RED, 2), stamp=2.0)
    assert [track(scene(frame)).ids for frame in range(4)] == [(), (), ('red',), ('red',)]
