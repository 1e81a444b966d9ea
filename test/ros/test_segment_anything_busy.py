"""While the network works nothing else waits, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from asked_graph import (
    Asker,
    detections,
    grey,
    prompt,
    with_three_images,
)
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from topic_listener import Topics
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.ros
BOX = (8, 8, 24, 24)


@pytest.fixture
def node(compose: Callable[..., Any], asker: Asker, request: pytest.FixtureRequest) -> Any:
    """Give a node that has seen the images 1, 2 and 3; a test may set parameters."""
    return with_three_images(compose, asker, getattr(request, 'param', {}))


@pytest.fixture
def held(node: Any) -> Any:
    """Hold the encoder; give what lets it go on."""
    go_on, inside = threading.Event(), threading.Event()
    encode = node.network.encode

    def slow(image: Any) -> Any:
        inside.set()
        assert go_on.wait(30)
        return encode(image)

    node.network.encode = slow
    yield go_on, inside
    go_on.set()


def test_a_slow_network_keeps_neither_services_nor_images_waiting(
    node: Any, asker: Asker, held: Any, outside: Node
) -> None:
    go_on, inside = held
    answer = asker.begin([prompt(corners=BOX)], 1)
    asker.until(inside.is_set, 'the encoder')
    client = outside.create_client(GetParameters, 'segment_anything/get_parameters')
    asker.until(client.service_is_ready, 'the service of parameters')
    other = client.call_async(GetParameters.Request(names=['model']))
    asker.until(other.done, 'another service')
    asker.images.publish(grey(4))
    asker.until(lambda: node.facts()['images kept'] == '4', 'an image')
    patience = node.get_parameter('service_timeout_ms')
    node.set_parameters([Parameter(patience.name, value=300.0)])
    asker.until(answer.done, 'an answer')
    assert not answer.result().success
    assert answer.result().message.startswith('no answer within 0.3 s')
    node.set_parameters([patience])
    go_on.set()
    assert asker.ask([prompt(corners=BOX)], 4).success


@pytest.mark.parametrize('node', [{'prompt_queue_size': 2}], indirect=True)
def test_more_prompts_than_may_wait_are_told_and_counted(
    node: Any, asker: Asker, held: Any, outside: Node
) -> None:
    topics = Topics(outside, {'segment_anything/detections': Detection2DArray})
    found = topics['segment_anything/detections']
    asker.until(lambda: node.objects.are_wanted, 'a listener')
    go_on, inside = held
    first = asker.begin([prompt(corners=BOX)], 1)
    asker.until(inside.is_set, 'the encoder')
    second = asker.begin([prompt(corners=BOX)], 1)
    asker.until(lambda: node.facts()['prompts that wait'] == '1', 'a request that waits')
    # Three more than the one in hand, for two places: the request and the first boxes must go.
    for count in range(3):
        asker.prompts.publish(detections(1, [BOX], [f'box {count}']))
        asker.until(lambda n=count: node.stats.summary().received == 4 + n, 'boxes')
    asker.until(second.done, 'a refusal')
    assert second.result().message == 'more than 2 prompts wait; the oldest are let go'
    asker.until(lambda: node.stats.summary().dropped == {'newer prompt came': 1}, 'a count')
    go_on.set()
    asker.until(first.done, 'an answer')
    assert first.result().success
    asker.until(lambda: len(found) == 2, 'answers')
    assert [one.detections[0].id for one in found] == ['box 1', 'box 2']


@pytest.mark.parametrize('node', [{'prompt_queue_size': 100}], indirect=True)
def test_of_many_requests_at_once_each_is_answered(
    node: Any, asker: Asker, held: Any, outside: Node
) -> None:
    go_on, inside = held
    answers = [asker.begin([prompt(corners=BOX)], 1)]
    asker.until(inside.is_set, 'the encoder')
    # While the node sends each answer, the next requests come.
    answers += [asker.begin([prompt(corners=BOX)], 1) for _ in range(39)]
    go_on.set()
    asker.until(lambda: all(one.done() for one in answers), 'an answer to each request')
    assert all(one.result().success for one in answers)


def test_a_node_that_stops_refuses_what_it_owes(
    node: Any, asker: Asker, outside: Node, capfd: pytest.CaptureFixture[str]
) -> None:
    moved: list[int] = []

    def move(step: int) -> None:
        moved.append(step)
        client = outside.create_client(ChangeState, 'segment_anything/change_state')
        asker.until(client.service_is_ready, 'the life cycle')
        # Clients of earlier moves may still be known, too.
        asker.until(lambda: node.count_clients(client.service_name) >= len(moved), 'the client')
        done = client.call_async(ChangeState.Request(transition=Transition(id=step)))
        asker.until(done.done, 'a transition')
        assert done.result().success

    assert asker.ask([prompt(corners=BOX)], 1).success
    move(Transition.TRANSITION_DEACTIVATE)
    answer = asker.ask([prompt(corners=BOX)], 1)
    assert (answer.success, answer.message.startswith('inactive: ')) == (False, True)
    move(Transition.TRANSITION_ACTIVATE)
    late = asker.begin([prompt(corners=BOX)], 9)
    asker.until(lambda: node.facts()['prompts that wait'] == '1', 'a request that waits')
    move(Transition.TRANSITION_DEACTIVATE)
    asker.until(late.done, 'a refusal')
    assert late.result().message == 'the node stops'
    assert node.network is not None
    move(Transition.TRANSITION_CLEANUP)
    assert node.network is None
    assert node.facts() == {}
    # Else who listened before would be taken for who listens now.
    asker.until(lambda: asker.images.get_subscription_count() == 0, 'the end of who listened')
    move(Transition.TRANSITION_CONFIGURE)
    move(Transition.TRANSITION_ACTIVATE)
    asker.until(lambda: asker.images.get_subscription_count() == 1, 'images are heard')
    asker.images.publish(grey(5))
    asker.until(lambda: node.facts()['images kept'] == '1', 'an image')
    assert asker.ask([prompt(corners=BOX)], 5).success
    assert 'a callback failed' not in capfd.readouterr().err
