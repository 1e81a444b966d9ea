"""The promises of the exchange, on real rclpy."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.exchange import ExchangePublisher, ExchangeSubscription, Packet
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

pytestmark = pytest.mark.ros
QOS = QoSProfile(depth=50)
Until = Callable[..., None]


def packet(number: int) -> Packet[RawImage]:
    """Make a small image whose stamp and pixels are a number."""
    header = Header(frame_id='camera')
    header.stamp.sec = number
    return Packet(header, RawImage.from_array(np.full((4, 6), number, np.uint8), 'mono8'))


def message(number: int) -> Image:
    """Make the message of the same image."""
    made = packet(number)
    return IMAGE.to_message(made.header, made.value)


class Listener:
    """A subscription of the exchange that keeps what it hears."""

    def __init__(self, node: Node, topic: str = 'image', depth: int = 50, **more: Any) -> None:
        """Subscribe."""
        self.packets: list[Packet[RawImage]] = []
        self.errors: list[Exception] = []
        self.drops = 0
        self.hold = threading.Event()
        self.hold.set()
        self.busy = threading.Event()
        self.subscription = ExchangeSubscription(
            node, IMAGE, topic, QOS, self._take, depth=depth,
            on_bad=self.errors.append, on_drop=self._dropped, **more,
        )  # fmt: skip

    @property
    def numbers(self) -> list[int]:
        """Return the stamps heard, in order."""
        return [packet.stamp[0] for packet in self.packets]

    def _take(self, packet: Packet[RawImage]) -> None:
        self.busy.set()
        self.hold.wait(10)
        self.packets.append(packet)

    def _dropped(self) -> None:
        self.drops += 1


@pytest.fixture
def node(ros: Background) -> Node:
    """Give a node that spins."""
    made = Node('inside', context=ros.context)
    ros.add(made)
    return made


@pytest.fixture
def outside() -> Any:
    """Give a node of another context: to the middleware it is another participant."""
    with Background() as other:
        made = Node('outside', context=other.context)
        other.add(made)
        yield made


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


def test_a_local_subscriber_hears_nothing_twice_when_publishers_are_mixed(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
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


def test_a_full_queue_drops_the_oldest_and_counts_to_the_frame(node: Node, until: Until) -> None:
    listener = Listener(node, depth=3)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    listener.hold.clear()
    publisher.publish(packet(0))
    assert listener.busy.wait(5)
    for number in range(1, 11):
        publisher.publish(packet(number))
    listener.hold.set()
    until(lambda: len(listener.packets) == 4)
    assert listener.numbers == [0, 8, 9, 10]
    assert listener.drops == 7


def test_a_subscriber_outside_may_come_mid_stream(node: Node, outside: Node, until: Until) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
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


def test_messages_of_others_with_the_same_stamps_are_no_echoes(
    node: Node, outside: Node, until: Until
) -> None:
    local = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
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


def test_destroying_waits_for_the_packet_in_hand_and_ends_the_thread(
    node: Node, until: Until
) -> None:
    listener = Listener(node)
    publisher = ExchangePublisher(node, IMAGE, 'image', QOS)
    listener.hold.clear()
    publisher.publish(packet(1))
    publisher.publish(packet(2))
    assert listener.busy.wait(5)
    end = threading.Thread(target=listener.subscription.destroy)
    end.start()
    end.join(0.1)
    assert end.is_alive(), 'the packet is still in hand'
    listener.hold.set()
    end.join(5)
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
    assert not publisher.wanted or not heard
