"""Requests to a tracker that has no time: each is answered, though it may be by a refusal."""

from __future__ import annotations

from typing import Any

from followed_graph import adding, corners, Follow, pixels, RED
import pytest

pytestmark = pytest.mark.ros


@pytest.mark.parametrize('follow', [{'prompt_queue_size': 2}], indirect=True)
def test_requests_that_find_no_room_or_are_left_over_are_refused(follow: Follow) -> None:
    follow.show(1, pixels())
    desk: Any = follow.node._desk
    # As an image does that is worked on: nothing else is begun meanwhile.
    with desk._turn:
        first = follow.begin('add_objects', adding({'first': corners(RED)}))
        follow.until(lambda: len(desk._owed) == 1 and not len(desk), 'the first in hand')
        others = [
            follow.begin('add_objects', adding({f'other {n}': corners(RED)})) for n in range(5)
        ]
        follow.until(lambda: sum(one.done() for one in others) == 3, 'refusals of three')
        for one in others:
            if one.done():
                assert not one.result().success
                assert 'more than 2 prompts wait' in one.result().message
        assert follow.node.trigger_deactivate().name == 'SUCCESS'
        follow.until(lambda: all(one.done() for one in [first, *others]), 'every answer')
    answers = [one.result() for one in [first, *others]]
    assert not any(answer.success for answer in answers)
    assert [answer.message for answer in answers].count('the node stops') == 3
