"""Messages become prompts: boxes that are turned, ids, and the numbers of classes."""

from __future__ import annotations

import math

from asked_graph import box, detections, prompt
from isaac_seg_py.errors import PromptError
from isaac_seg_py.geometry import View
from isaac_seg_py.ros.prompt_classes import ClassNumbers
from isaac_seg_py.ros.prompt_messages import (
    Asked,
    asked_by_detections,
    asked_by_request,
    BOXES,
    upright,
    with_own_ids,
)
import numpy as np
import pytest

pytestmark = pytest.mark.ros
VIEW = View.fit((48, 64), (64, 64), 'letterbox_top_left')


@pytest.mark.parametrize(
    ('turn', 'corners'),
    [
        (0.0, (10, 20, 30, 24)),
        (math.pi / 2, (18, 12, 22, 32)),
        (-math.pi / 2, (18, 12, 22, 32)),
        (math.pi, (10, 20, 30, 24)),
        (math.pi / 4, (20 - 12 / 2**0.5, 22 - 12 / 2**0.5, 20 + 12 / 2**0.5, 22 + 12 / 2**0.5)),
    ],
)
def test_a_turned_box_is_the_upright_one_around_it(
    turn: float, corners: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(upright(box((10, 20, 30, 24), turn)), corners)


@pytest.mark.parametrize('turn', [float('nan'), float('inf')])
def test_a_box_without_a_turn_is_refused_by_itself(turn: float) -> None:
    message = detections(1, [(1, 2, 9, 9)] * 2)
    message.detections[0].bbox.center.theta = turn
    bad, good = asked_by_detections(BOXES.from_message(message))
    with pytest.raises(PromptError, match="the box of object 'object 0' have a number that is"):
        bad.prompt(VIEW, (16, 16))
    assert good.prompt(VIEW, (16, 16)).id == 'object 1'


def test_the_likeliest_class_is_carried() -> None:
    message = detections(1, [(1, 2, 9, 9)], classes=['cup'])
    better = detections(1, [(1, 2, 9, 9)], classes=['plate']).detections[0].results[0]
    better.hypothesis.score = 0.5
    message.detections[0].results.append(better)
    (asked,) = asked_by_detections(BOXES.from_message(message))
    assert asked.class_id == 'plate'


@pytest.mark.parametrize(
    ('given', 'ids'),
    [
        (['a', 'b'], ['a', 'b']),
        (['', ''], ['1', '2']),
        (['a', 'a', 'a'], ['a', 'a_2', 'a_3']),
        (['a', 'a', 'a_2'], ['a', 'a_2_', 'a_2']),
        (['', '1', ''], ['1_', '1', '3']),
    ],
)
def test_each_object_has_an_id_of_its_own(given: list[str], ids: list[str]) -> None:
    assert [one.id for one in with_own_ids(Asked(name) for name in given)] == ids


def test_what_a_request_leaves_out_is_left_out() -> None:
    (asked,) = asked_by_request([prompt('a', points=[(3, 4)])])
    assert (asked.box, asked.mask, asked.labels) == (None, None, ())
    made = asked.prompt(VIEW, (16, 16))
    assert (made.labels.tolist(), made.box, made.mask) == ([1], None, None)


def test_classes_keep_their_numbers_and_their_words() -> None:
    classes = ClassNumbers()
    told = ['cup', '7', '', 'cup', '0', 'plate', '7', '99999999999', '65535', '-1']
    numbers = [classes.numbers([text])[0] for text in told]
    assert numbers == [0, 7, 1, 0, 2, 3, 7, 4, 5, 6]
    assert [classes.names[number] for number in numbers] == told


def test_names_that_are_known_have_their_place() -> None:
    classes = ClassNumbers(['ball', 'box'])
    assert classes.numbers(['box', '0', 'cup', '5']) == [1, 0, 2, 5]
    assert classes.names == ('ball', 'box', 'cup', '', '', '5')


def test_ever_new_classes_take_the_place_of_those_that_nobody_has() -> None:
    classes = ClassNumbers(['ball'])
    for number in range(5000):
        with classes.tried([f'class of {number}'], {0, 1, 7}) as (found,):
            assert 1 <= found <= 4096
    assert len(classes.names) == 4097
    assert (classes.names[1], classes.names[7]) == ('class of 0', 'class of 6')
    assert 'class of 10' not in classes.names


@pytest.mark.parametrize('count', [1, 4096])
def test_classes_of_what_was_refused_leave_no_trace(count: int) -> None:
    classes = ClassNumbers(['ball'])
    classes.numbers(['cup', 'plate'])
    texts = [f'class of {number}' for number in range(count)]
    with pytest.raises(PromptError, match='no room'), classes.tried(texts, set()) as numbers:
        assert len(numbers) == count
        raise PromptError('no room')
    assert classes.names == ('ball', 'cup', 'plate')
    assert classes.numbers(['spoon', 'plate']) == [3, 2]


def test_of_objects_that_are_answered_at_once_the_oldest_classes_go() -> None:
    classes = ClassNumbers(['ball'])
    classes.numbers([f'class of {number}' for number in range(4096)])
    assert classes.numbers(['class of 0', 'ball', 'one more', 'one more', '0']) == [1, 0, 2, 2, 0]
    assert (classes.names[2], classes.names[1]) == ('one more', 'class of 0')
    # Class 2 is now the oldest: a request of both may not lose it for the other.
    assert classes.numbers(['new', 'class of 2']) == [4, 3]


def test_a_request_with_too_many_classes_changes_none() -> None:
    classes = ClassNumbers()
    classes.numbers(['cup'])
    with pytest.raises(PromptError, match='4097 classes came at once; 4096 beside those'):
        classes.numbers([f'class of {number}' for number in range(4097)])
    assert classes.names == ('cup',)
