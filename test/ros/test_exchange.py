"""The promises of the exchange between nodes of one process, on real rclpy."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from exchange_listener import Listener, message, packet, QOS
from isaac_seg_py.ros.board import BOARD
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.exchange import ExchangePublisher
import pytest
from rclpy.node import Node
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
Until = Callable[..., None]


def test_a_local_value_is_handed_over_by_reference(node: Node, until: Until) -> None:
    listener = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    sent = packet(1)
    publisher.publish(sent)
    until(lambda: listener.packets)
    assert listener.packets[0] is sent


def test_no_message_is_made_without_a_subscriber_outside(node: Node, until: Until) -> None:
    listener = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0)
    made: list[Any] = []
    publisher._wire = type(IMAGE)(Image, lambda *given: made.append(given), IMAGE.from_message)
    for number in range(20):
        publisher.publish(packet(number))
    until(lambda: len(listener.packets) == 20)
    assert made == []


def test_a_subscriber_outside_gets_everything_in_order(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    until(lambda: publisher._ros.get_subscription_count() == 0, 'the end of the bridge')
    heard: list[Image] = []
    outside.create_subscription(Image, 'image', heard.append, QOS)
    until(lambda: publisher._ros.get_subscription_count() == 1, 'discovery')
    for number in range(30):
        publisher.publish(packet(number))
    until(lambda: len(heard) == 30)
    assert [m.header.stamp.sec for m in heard] == list(range(30))
    assert [bytes(m.data) for m in heard] == [bytes([n] * 24) for n in range(30)]
    assert all(m.header.frame_id == 'camera' for m in heard)
    until(lambda: len(local.packets) == 30)
    assert local.numbers == list(range(30))


def test_a_full_queue_drops_the_oldest_and_counts_to_the_frame(node: Node, until: Until) -> None:
    listener = Listener(node, depth=3)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    listener.hold.clear()
    publisher.publish(packet(0))
    assert listener.busy.wait(30)
    for number in range(1, 11):
        publisher.publish(packet(number))
    listener.hold.set()
    until(lambda: len(listener.packets) == 4)
    assert listener.numbers == [0, 8, 9, 10]
    assert listener.drops == 7


def test_a_message_that_cannot_be_read_is_told_and_the_next_one_passes(
    node: Node, outside: Node, until: Until
) -> None:
    listener = Listener(node)
    foreign = outside.create_publisher(Image, 'image', QOS)
    until(lambda: foreign.get_subscription_count() == 1, 'discovery')
    broken = message(1)
    broken.step = 2
    foreign.publish(broken)
    foreign.publish(message(2))
    until(lambda: listener.packets)
    assert listener.numbers == [2]
    assert 'step is 2 bytes' in str(listener.errors[0])


def test_destroying_waits_for_the_packet_in_hand_and_ends_the_thread(
    node: Node, until: Until
) -> None:
    listener = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    listener.hold.clear()
    publisher.publish(packet(1))
    publisher.publish(packet(2))
    assert listener.busy.wait(30)
    end = threading.Thread(target=listener.subscription.destroy)
    end.start()
    end.join(0.1)
    assert end.is_alive(), 'the packet is still in hand'
    listener.hold.set()
    end.join(30)
    assert not end.is_alive()
    assert listener.numbers == [1]
    assert not listener.subscription._mailbox._thread.is_alive()


def test_a_publisher_that_is_gone_sends_nothing(node: Node, outside: Node, until: Until) -> None:
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    heard: list[Image] = []
    outside.create_subscription(Image, 'image', heard.append, QOS)
    until(lambda: publisher._ros.get_subscription_count() == 1, 'discovery')
    publisher._is_heard_outside = lambda: True  # as a thread found it that was late
    publisher.destroy()
    publisher.publish(packet(1))
    assert publisher._sent == 0


def test_a_topic_of_which_nobody_is_left_is_forgotten(node: Node) -> None:
    def known() -> int:
        tables: tuple[Any, ...] = BOARD._speakers, BOARD._listeners
        return sum(place.context is node.context for table in tables for place in table)

    here: list[Any] = [Listener(node).subscription, Listener(node).subscription]
    here += [ExchangePublisher(node, IMAGE, 'image', QOS)]
    assert known() == 2
    here.pop(0).destroy()
    assert known() == 2
    assert BOARD.listeners(here[0].place) == (here[0],)
    for one in here:
        one.destroy()
    assert known() == 0, 'the context of a topic is kept for ever'
