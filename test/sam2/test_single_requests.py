"""Requests to NVIDIA's single network are refused and answered in the words of Isaac ROS."""

from __future__ import annotations

import time

from isaac_seg_py.families.sam2_requests import AddRequest
import pytest
from single_state import boxes, points, state


@pytest.mark.parametrize(
    ('request_', 'message'),
    [
        (
            AddRequest(),
            'no object came; give bbox_object_ids with bbox_coords, or point_object_ids with '
            'point_coords and point_labels',
        ),
        (AddRequest(['a']), "Number of bbox_object_ids doesn't match number of bbox_coords"),
        (
            AddRequest((), (), ['p'], [], []),
            "Number of point_object_ids doesn't match number of point_coords",
        ),
        (
            AddRequest((), (), ['p'], [(1, 1)], []),
            "Number of point labels doesn't match number of points",
        ),
        (
            AddRequest(['n', 'n'], [(1, 1, 2, 2)] * 2),
            'duplicate bbox_object_id: n exists in point_object_ids or bbox_object_ids',
        ),
        (
            AddRequest(['n'], [(1, 1, 2, 2)], ['n'], [(1, 1)], [1]),
            'duplicate bbox_object_id: n exists in point_object_ids or bbox_object_ids',
        ),
        (boxes(old=3), 'duplicate bbox_object_id: old already exists'),
        (points(old=3), 'duplicate point_object_id: old already exists.'),
        (
            AddRequest((), (), ['p'] * 6, [(1, 1)] * 6, [1] * 6),
            'Number of points for object p exceeds the maximum limit of 5',
        ),
        (
            boxes(a=1, b=2, c=3),
            'Number of objects exceeds the maximum limit of 3; remove one, or raise '
            'max_num_objects',
        ),
        (AddRequest(['n'], [(4, 1, 4, 9)]), 'The box of object n is empty: [4.0, 1.0, 4.0, 9.0]'),
        (
            AddRequest(['n'], [(70, 1, 80, 9)]),
            'The box [70.0, 1.0, 80.0, 9.0] of object n lies outside of the image of 64x48',
        ),
        (
            AddRequest((), (), ['n'], [(3, 48)], [1]),
            'Point (3, 48) of object n lies outside of the image of 64x48',
        ),
    ],
)
def test_requests_are_refused_in_the_words_of_isaac_ros(
    request_: AddRequest, message: str
) -> None:
    made = state(max_num_objects=3)
    assert made.add(boxes(old=2)).object_indices == (0,)
    reply = made.add(request_)
    assert (reply.success, reply.message) == (False, message)
    assert reply.object_ids == reply.object_indices == ()
    assert made.ids == ('old',)


def test_services_answer_with_all_objects() -> None:
    made = state()
    made.add(boxes(a=1, b=2))
    reply = made.add(points(p=3))
    assert (reply.object_ids, reply.object_indices) == (('a', 'b', 'p'), (0, 1, 2))
    reply = made.remove('a')
    assert (reply.object_ids, reply.object_indices) == (('b', 'p'), (0, 1))
    assert (reply.success, reply.message) == (True, 'Success')
    reply = made.remove('a')
    assert not reply.success
    assert reply.message == "Failed to remove object; followed are 'b', 'p'"


def test_very_many_objects_are_refused_at_once() -> None:
    names = [str(number) for number in range(20_000)]
    request = AddRequest(names, [(1, 1, 9, 9)] * len(names), names[:1], [(3, 3)], [1])
    begin = time.thread_time()
    reply = state().add(request)
    assert 'duplicate bbox_object_id: 0 ' in reply.message
    reply = state().add(AddRequest(names, request.bbox_coords))
    assert 'exceeds the maximum limit of 10' in reply.message
    # Compared each with each they take six seconds.
    assert time.thread_time() - begin < 2


@pytest.mark.parametrize(('name', 'said'), [('', 'is empty'), ('n' * 257, 'has 257 characters')])
def test_names_have_some_letters_and_not_too_many(name: str, said: str) -> None:
    assert said in state().add(boxes(**{name: 3})).message
    assert said in state().add(points(**{name: 3})).message
    assert state().add(boxes(**{name[:256] or 'n': 3})).success
