"""Objects are shown, followed, corrected and let go; the networks follow colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_seg_py import BackendError, PromptError, VideoTracker
from isaac_seg_py.tensors import Tensors
from isaac_seg_py.track.showing import Showing
import numpy as np
import pytest

Open = Callable[..., VideoTracker]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PLACES = {RED: (6, 8), GREEN: (26, 40), BLUE: (28, 8)}
HEIGHT, WIDTH = 12, 16


def scene(shift: int = 0, *, without: tuple[int, ...] | None = None, size: int = 1) -> np.ndarray:
    """Return three boxes on black, moved to the right; one of them may be hidden."""
    image = np.zeros((48 * size, 64 * size, 3), np.uint8)
    for color, (top, left) in PLACES.items():
        if color != without:
            rows = slice(top * size, (top + HEIGHT) * size)
            image[rows, (left + shift) * size : (left + shift + WIDTH) * size] = color
    return image


def box(color: tuple[int, ...], shift: int = 0) -> tuple[int, int, int, int]:
    top, left = PLACES[color]
    return left + shift, top, left + shift + WIDTH, top + HEIGHT


def point(color: tuple[int, ...], shift: int = 0) -> tuple[int, int]:
    left, top, right, bottom = box(color, shift)
    return (left + right) // 2, (top + bottom) // 2


def lies_on(found: np.ndarray, color: tuple[int, ...], shift: int = 0) -> bool:
    """Say whether a box is that of a colour, but for the edge that the coarse mask loses."""
    return bool(np.abs(found - box(color, shift)).max() <= 2)


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


def test_what_cannot_be_right_is_refused_and_nothing_changes(tracker: Open) -> None:
    track = tracker(max_num_objects=2)
    track.add('red', box=box(RED))
    track(scene())
    wrong = [
        ({'box': (5, 5, 5, 9)}, r'x1, y1, x2, y2 with x1 < x2'),
        ({'points': (64, 3)}, r'point \(64, 3\) .* outside of the image of 64x48'),
        ({'points': (3, 3), 'labels': 2}, r'labels .* 1 \(on the object\)'),
        ({'mask': np.ones((4, 4))}, r'the mask of .* has shape \[4, 4\]; .* \[48, 64\]'),
        ({'mask': np.zeros((48, 64))}, r'the mask of .* is empty'),
        ({'mask': np.ones((48, 64)), 'box': (1, 1, 5, 5)}, 'a mask stands alone'),
        ({'points': [(3, 3)] * 30}, '30 points in one frame; 29 or fewer'),
        ({}, 'has no point, no box and no mask'),
    ]
    for given, words in wrong:
        for stamp in (None, 0):
            with pytest.raises(PromptError, match=words):
                track.add('green', **given, stamp=stamp)
        with pytest.raises(PromptError, match=words):
            track.update('red', **given)
    with pytest.raises(PromptError, match="object 'red' is followed already; update it"):
        track.add('red', box=box(RED))
    for act in (track.remove, lambda name: track.update(name, box=box(RED))):
        with pytest.raises(PromptError, match="no object 'pink' is followed; followed are 'red'"):
            act('pink')
    track.add('green', box=box(GREEN))
    with pytest.raises(PromptError, match='2 objects are followed; 2 is the most'):
        track.add('blue', box=box(BLUE))
    with pytest.raises(PromptError, match="object 'green' waits for its first image"):
        track.update('green', box=box(GREEN))
    with pytest.raises(PromptError, match="object 'green' is followed already; take another"):
        track.rename('red', 'green')
    seen = track(scene(1))
    assert seen.ids == ('red', 'green')
    assert lies_on(seen.boxes[0], RED, 1)


def test_a_prompt_that_its_image_does_not_fit_is_told_with_the_image(tracker: Open) -> None:
    track = tracker()
    track.add('red', box=box(RED))
    track.add('far', points=(200, 10))
    seen = track(scene())
    assert seen.ids == track.ids == ('red',)
    ((name, why),) = seen.refused
    assert name == 'far'
    assert 'outside of the image of 64x48' in why


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


def test_a_tracker_is_opened_with_settings_and_says_what_is_wrong(tracker: Open) -> None:
    from isaac_seg_py import ConfigError

    with pytest.raises(ConfigError, match='memory_frames is 8; it must be 1 to 7'):
        tracker(memory_frames=8)
    with pytest.raises(ConfigError, match='unknown setting memory'):
        tracker(memory=3)


def test_boxes_of_an_earlier_image_are_matched_where_objects_were_then(tracker: Open) -> None:
    track = tracker()
    track(scene(), stamp=0)
    assert track.adopt([box(RED)], stamp=0) == ['object_1']
    for stamp in (1, 2):
        # In one image it moves by more than its width.
        track(scene(stamp * 15), stamp=stamp)
    assert track.adopt([box(RED, 15)], stamp=1) == ['object_1']
    assert track.ids == ('object_1',)


class Broken:
    """A network that gives no numbers for some of the objects, while it is told so."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.rows: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def __call__(self, given: Tensors) -> Tensors:
        answer = {name: array.copy() for name, array in self.network(given).arrays.items()}
        for array in answer.values():
            array[self.rows] = np.nan
        return Tensors(answer)


@pytest.mark.parametrize('part', ['_decoder', '_writer'])
def test_one_image_without_numbers_loses_nobody(tracker: Open, part: str) -> None:
    track = tracker()
    broken = Broken(getattr(track._network, part))
    setattr(track._network, part, broken)
    track.add('red', box=box(RED))
    track.add('green', box=box(GREEN))
    track(scene())
    broken.rows = [0]
    seen = track(scene(1))
    assert seen.visible.tolist() == [False, True]
    assert np.isfinite(seen.presence).all()
    with pytest.raises(BackendError, match="answered object 'blue' with NaN or infinite numbers"):
        track.add('blue', box=box(BLUE, 1), stamp=1)
    broken.rows = []
    seen = track(scene(2))
    assert seen.ids == ('red', 'green')
    assert seen.visible.tolist() == [True, True]
    assert lies_on(seen.boxes[0], RED, 2)


@pytest.mark.parametrize(
    'stamp', [float('nan'), float('inf'), '5', True, pytest.param(10**400, id='huge')]
)
def test_what_tells_no_time_is_refused(tracker: Open, stamp: Any) -> None:
    track = tracker()
    track.add('red', box=box(RED))
    for _ in range(2):
        for act in (
            lambda: track.add('green', box=box(GREEN), stamp=stamp),
            lambda: track.update('red', box=box(RED), stamp=stamp),
            lambda: track.adopt([box(GREEN)], stamp=stamp),
            lambda: track(scene(), stamp=stamp),
        ):
            with pytest.raises(PromptError, match='a finite number is expected, or None'):
                act()
        assert track(scene()).ids == ('red',)


@pytest.mark.parametrize('class_id', [-1, 65535, 10**30, 1.5, 'cup'])
def test_a_class_that_is_no_number_of_one_is_refused(tracker: Open, class_id: Any) -> None:
    track = tracker()
    with pytest.raises(PromptError, match="the class of object 'red' is "):
        track.add('red', box=box(RED), class_id=class_id)
    with pytest.raises(PromptError, match='the class of box 1 is '):
        track.adopt([box(RED), box(GREEN)], class_ids=[65534, class_id])
    assert track(scene()).ids == track.ids == ()


def test_a_stamp_of_images_that_are_counted_is_their_number(tracker: Open) -> None:
    track = tracker()
    track.add('red', box=box(RED, 2), stamp=2.0)
    assert [track(scene(frame)).ids for frame in range(4)] == [(), (), ('red',), ('red',)]


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


def test_what_finds_no_room_changes_nothing(tracker: Open) -> None:
    track = tracker(max_num_objects=1)
    track(scene())
    following = track._following
    moment = following.history.latest
    assert moment is not None
    shown = [Showing('red', box=box(RED)), Showing('green', box=box(GREEN))]
    with pytest.raises(PromptError, match="object 'green' finds no room beside 1 others"):
        following.start([(one, one.prompt(moment.size)) for one in shown], moment)
    assert track.ids == ()
    track.add('green', box=box(GREEN))
    assert lies_on(track(scene()).boxes[0], GREEN)
