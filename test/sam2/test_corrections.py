"""Objects are corrected, also in images before, and shown there."""

from __future__ import annotations

from collections.abc import Callable

from color_scene import BLUE, box, GREEN, lies_on, point, RED, scene
from isaac_seg_py import PromptError, VideoTracker
import pytest

Open = Callable[..., VideoTracker]


def test_a_correction_changes_the_object_from_that_image_on(tracker: Open) -> None:
    track = tracker()
    track.add('one', points=point(RED))
    for frame in range(5):
        track(scene(frame), stamp=frame * 10)
    track.update('one', box=box(GREEN, 4))
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], GREEN, 4)
    assert latest.stamp == 40
    # The colour of both frames, mixed, is that of neither: older prompts are remembered as well.
    assert not track(scene(5), stamp=50).visible[0]
    track.update('one', box=box(BLUE, 2), stamp=20)
    assert track.latest is not None


def test_a_point_beside_an_object_corrects_it_and_begins_none(tracker: Open) -> None:
    track = tracker()
    track.add('one', points=point(RED))
    track(scene(0))
    track.update('one', points=[(1, 1)], labels=[0])
    assert repr(track.latest) == 'Tracked(frame 0, objects: one)'
    with pytest.raises(PromptError, match="'two' has only points beside it"):
        track.add('two', points=[(1, 1)], labels=[0], stamp=0)
    assert track.ids == ('one',)


def test_a_correction_of_the_first_image_is_a_new_beginning(tracker: Open) -> None:
    track = tracker()
    track.add('one', points=point(RED))
    for frame in range(4):
        track(scene(frame))
    track.update('one', box=box(GREEN), stamp=0)
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], GREEN, 3)
    assert lies_on(track(scene(4)).boxes[0], GREEN, 4)


def test_an_object_is_shown_in_an_image_before(tracker: Open) -> None:
    track = tracker(history_frames=4)
    for frame in range(6):
        track(scene(frame), stamp=frame)
    assert track._network.images_encoded == 0
    track.add('red', box=box(RED, 2), stamp=2)
    # Only now the images are looked at that it is followed through.
    assert track._network.images_encoded == 4
    latest = track.latest
    assert latest is not None
    assert lies_on(latest.boxes[0], RED, 5)
    assert latest.ages == (3,)
    with pytest.raises(PromptError, match='the frame at 1 is no longer kept; kept are 2 to 5'):
        track.add('green', box=box(GREEN, 1), stamp=1)
    assert track.ids == ('red',)
    track.add('green', box=box(GREEN, 7), stamp=7)
    assert track(scene(6), stamp=6).ids == ('red',)
    assert track(scene(7), stamp=7).ids == ('red', 'green')


def test_an_image_that_is_kept_is_not_the_callers(tracker: Open) -> None:
    track = tracker()
    image = scene()
    track(image, stamp=0)
    image[:] = 0
    track(image, stamp=1)
    track.add('red', box=box(RED), stamp=0)
    latest = track.latest
    assert latest is not None
    assert latest.visible.tolist() == [False]
    track.update('red', box=box(RED), stamp=0)
    assert track(scene(), stamp=2).visible.tolist() == [True]


def test_what_waits_is_renamed_with_its_corrections(tracker: Open) -> None:
    track = tracker()
    track.add('one', box=box(RED))
    track.rename('one', 'red')
    assert track(scene(), stamp=0).ids == track.ids == ('red',)
    track.update('red', box=box(GREEN, 1), stamp=1)
    track.rename('red', 'green')
    # The correction is not for another object of the old name.
    track.add('red', box=box(RED), stamp=0)
    seen = track(scene(1), stamp=1)
    assert seen.ids == ('green', 'red')
    assert seen.refused == ()
    assert lies_on(seen.boxes[0], GREEN, 1)
    assert lies_on(seen.boxes[1], RED, 1)
