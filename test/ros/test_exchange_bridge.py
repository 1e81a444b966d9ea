"""The exchange where the middleware has a part: nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange_listener import Listener, message, packet, QOS
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.exchange import ExchangePublisher
from isaac_seg_py.ros.qos import find_qos
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
Until = Callable[..., None]


def test_a_local_subscriber_hears_nothing_twice_when_publishers_are_mixed(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0, 'the end of the bridge')
    foreign = outside.create_publisher(Image, 'image', QOS)
    heard: list[Image] = []
    outside.create_subscription(Image, 'image', heard.append, QOS)
    until(lambda: local.subscription.is_bridged, 'noticing the publisher outside')
    until(lambda: foreign.get_subscription_count() == 2, 'discovery')
    until(lambda: publisher._ros.get_subscription_count() == 2, 'discovery')
    for number in range(20):
        publisher.publish(packet(number))
        foreign.publish(message(100 + number))
    until(lambda: len(heard) == 40)
    until(lambda: len(local.packets) >= 40)
    # A last one from each: when they are here, everything before them is.
    publisher.publish(packet(50))
    foreign.publish(message(150))
    until(lambda: {50, 150} <= set(local.numbers))
    until(lambda: not local.subscription._echoes)
    assert sorted(local.numbers) == [*range(20), 50, *range(100, 120), 150]
    assert [n for n in local.numbers if n < 100] == [*range(20), 50]
    assert [n for n in local.numbers if n >= 100] == [*range(100, 120), 150]


def test_equal_stamps_are_not_taken_for_echoes(node: Node, outside: Node, until: Until) -> None:
    local = Listener(node)
    foreign = outside.create_publisher(Image, 'image', QOS)
    until(lambda: foreign.get_subscription_count() == 1, 'discovery')
    for _ in range(5):
        foreign.publish(message(0))
    until(lambda: len(local.packets) == 5)


def test_the_middleware_is_let_go_once_the_publisher_is_local(node: Node, until: Until) -> None:
    listener = Listener(node)
    assert listener.subscription.is_bridged
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: not listener.subscription.is_bridged)
    publisher.destroy()
    until(lambda: listener.subscription.is_bridged)


def test_a_subscriber_outside_may_come_mid_stream(node: Node, outside: Node, until: Until) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0, 'the end of the bridge')
    for number in range(5):
        publisher.publish(packet(number))
    heard: list[Image] = []
    outside.create_subscription(Image, 'image', heard.append, QOS)
    until(lambda: publisher._ros.get_subscription_count() == 1, 'discovery')
    for number in range(5, 10):
        publisher.publish(packet(number))
    until(lambda: len(heard) == 5)
    until(lambda: len(local.packets) == 10)
    assert [m.header.stamp.sec for m in heard] == [5, 6, 7, 8, 9]
    assert local.numbers == list(range(10))


def test_two_contexts_in_one_process_meet_only_over_the_middleware(
    node: Node, outside: Node, until: Until
) -> None:
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    far = Listener(outside)
    until(lambda: publisher._ros.get_subscription_count() == 1, 'discovery')
    sent = packet(3)
    publisher.publish(sent)
    until(lambda: far.packets)
    assert far.packets[0] is not sent
    assert far.numbers == [3]


def test_without_the_exchange_a_local_pair_talks_over_the_middleware(
    node: Node, until: Until
) -> None:
    listener = Listener(node, local=False)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS, local=False)
    until(lambda: publisher._ros.get_subscription_count() == 1, 'discovery')
    sent = packet(4)
    publisher.publish(sent)
    until(lambda: listener.packets)
    assert listener.packets[0] is not sent
    np.testing.assert_array_equal(listener.packets[0].value.data, sent.value.data)


def test_messages_of_others_with_the_same_stamps_are_no_echoes(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0, 'the end of the bridge')
    foreign = outside.create_publisher(Image, 'image', QOS)
    outside.create_subscription(Image, 'image', lambda message: None, QOS)
    until(lambda: local.subscription.is_bridged, 'noticing the publisher outside')
    until(lambda: foreign.get_subscription_count() == 2, 'discovery')
    until(lambda: publisher._ros.get_subscription_count() == 2, 'discovery')
    for number in range(20):
        # The other one first: its message must not use up the echo of the next.
        foreign.publish(message(number))
        publisher.publish(packet(number))
    until(lambda: len(local.packets) >= 40 and not local.subscription._echoes)
    publisher.publish(packet(50))
    until(lambda: 50 in local.numbers)
    assert sorted(local.numbers) == sorted([*range(20), *range(20), 50])


def test_what_could_not_be_sent_is_neither_numbered_nor_expected(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0, 'the end of the bridge')
    outside.create_publisher(Image, 'image', QOS)
    heard: list[Image] = []
    outside.create_subscription(Image, 'image', heard.append, QOS)
    until(lambda: local.subscription.is_bridged, 'noticing the publisher outside')
    until(lambda: publisher._ros.get_subscription_count() == 2, 'discovery')
    unsendable = packet(1)
    unsendable.header.frame_id = '\ud800'
    with pytest.raises(UnicodeEncodeError):
        publisher.publish(unsendable)
    for number in range(2, 12):
        publisher.publish(packet(number))
    until(lambda: len(heard) == 10 and len(local.packets) >= 11)
    until(lambda: not local.subscription._echoes)
    assert local.numbers == list(range(1, 12))


def test_a_camera_of_best_effort_is_heard_and_a_reliable_one_reliably(
    node: Node, outside: Node, until: Until
) -> None:
    listener = Listener(node, qos=find_qos('AUTO'))

    def reliability() -> ReliabilityPolicy:
        return listener.subscription._heard_with.reliability

    assert reliability() is ReliabilityPolicy.RELIABLE
    sensor = outside.create_publisher(Image, 'image', find_qos('SENSOR_DATA'))
    until(lambda: sensor.get_subscription_count() == 1, 'discovery')

    def heard() -> bool:
        # Best effort: what is sent right after discovery may be lost.
        sensor.publish(message(1))
        return bool(listener.packets)

    until(heard, 'an image of best effort')
    outside.destroy_publisher(sensor)
    until(lambda: reliability() is ReliabilityPolicy.RELIABLE, 'listening reliably again')


def test_publishers_here_say_what_comes_twice_while_it_changes_how_it_listens(
    node: Node, outside: Node, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(node, qos=find_qos('AUTO'))
    meanwhile: list[bool] = []

    def watch(name: str) -> None:
        real = getattr(node, name)

        def watched(*args: Any, **options: Any) -> Any:
            meanwhile.append(listener.subscription.is_bridged)
            done = real(*args, **options)
            meanwhile.append(listener.subscription.is_bridged)
            return done

        monkeypatch.setattr(node, name, watched)

    for name in ('destroy_subscription', 'create_subscription'):
        watch(name)
    outside.create_publisher(Image, 'image', find_qos('SENSOR_DATA'))
    until(lambda: len(meanwhile) == 4, 'listening at best effort')
    assert all(meanwhile)
