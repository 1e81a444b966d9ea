"""What cannot be right is refused, and nothing that is followed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from color_scene import BLUE, box, GREEN, lies_on, RED, scene
from isaac_seg_py import BackendError, PromptError, VideoTracker
from isaac_seg_py.tensors import Tensors
from isaac_seg_py.track.showing import Showing
import numpy as np
import pytest

Open = Callable[..., VideoTracker]


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
