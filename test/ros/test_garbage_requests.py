"""Services and topics of prompts are sent garbage; each request is answered, the node goes on."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

from asked_graph import Asker, click, corners_of, detections, grey, prompt
from followed_graph import adding, corners, Follow, GREEN, middle, pixels, RED
from isaac_ros_segment_anything2_interfaces.srv import RemoveObject
from isaac_seg_interfaces.srv import ClearObjects, ListObjects, RenameObject, UpdateObject
import pytest
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
BEYOND = (-5.0, 1e308, math.nan, math.inf)
HUGE = Image(height=65535, width=65535, encoding='mono8', step=65535, data=b'ten bytes.')


def strange_prompts() -> list[Any]:
    """Make prompts that show nothing."""
    return [
        prompt('empty'),
        prompt('huge', mask=HUGE),
        prompt('labels', points=[(5, 5)], labels=[1, 0, 1]),
        prompt('label', points=[(5, 5)], labels=[-(1 << 31)]),
        prompt('é' * 500, corners=(9, 9, 2, 2)),
        *(prompt('beyond', points=[(one, 3)]) for one in BEYOND),
        *(prompt('box', corners=(one, 1, one, 9)) for one in BEYOND),
    ]


def test_requests_for_nothing_are_answered_in_words(
    asked: Callable[..., Any], asker: Asker
) -> None:
    node = asked()
    asker.images.publish(grey(3))
    asker.until(lambda: node.facts()['images kept'] == '1', 'an image')
    for one in strange_prompts():
        answer = asker.ask([one, prompt('good', corners=(8, 8, 24, 24))])
        assert (answer.success, bool(answer.message)) == (False, True), one.id
        assert len(answer.message) < 1000, one.id
        assert not answer.masks
    for number, one in enumerate(BEYOND, 1):
        asker.points.publish(click(3, one, one))
        asker.prompts.publish(detections(3, [(one, 1, one, 9), (9, 9, 2, 2)]))
        bad = 3 * number
        asker.until(
            lambda bad=bad: node.stats.summary().dropped.get('bad prompt', 0) >= bad,
            f'{bad} bad prompts',
        )
    answer = asker.ask([prompt('good', corners=(8, 8, 24, 24))])
    assert answer.success, answer.message
    assert corners_of(answer.detections.detections[0]) == pytest.approx((8, 8, 24, 24), abs=2)


def test_a_tracker_answers_nonsense_and_follows_on(follow: Follow) -> None:
    follow.show(1, pixels())
    assert follow.ask('add_objects', adding({'g': corners(GREEN)})).success
    unlike = adding({'a': corners(RED)}, [('b', *middle(RED), 1)])
    unlike.point_labels = []
    nonsense: list[tuple[str, Any]] = [('add_objects', unlike)]
    for one in BEYOND:
        nonsense += [
            ('add_objects', adding({'a': corners(RED)}, [('b', one, one, 1)])),
            ('add_objects', adding({'a': (one, 1, one, 9)})),
        ]
    nonsense += [
        ('update_object', UpdateObject.Request(prompt=one, create=True))
        for one in strange_prompts()
    ]
    nonsense += [
        ('remove_object', RemoveObject.Request(object_id='x' * 5000)),
        ('rename_object', RenameObject.Request(object_id='g')),
        ('rename_object', RenameObject.Request(object_id='', new_object_id='g')),
    ]
    for service, request in nonsense:
        answer = follow.ask(service, request)
        assert (answer.success, bool(answer.message)) == (False, True), request
    for one in BEYOND:
        follow.points.publish(click(1, one, one))
        follow.prompts.publish(detections(1, [(one, 1, one, 9)]))
    follow.until(
        lambda: follow.node.stats.summary().dropped.get('bad prompt', 0) >= 2 * len(BEYOND),
        'bad prompts that are counted',
    )
    states = follow.show(2, pixels(1))
    assert [(one.id, one.visible) for one in states.objects] == [('g', True)]
    listed = follow.ask('list_objects', ListObjects.Request()).states.objects
    assert [one.id for one in listed] == ['g']
    assert follow.ask('clear', ClearObjects.Request()).removed == 1
