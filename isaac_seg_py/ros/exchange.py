"""
The exchange: how nodes of one process hand values over without the middleware.

Each topic exists as an ordinary ROS topic. A value goes by reference to every subscription of this
process, and as a message to the middleware exactly when somebody outside the exchange subscribes.
A local subscription listens to the middleware too, but only where a publisher outside the exchange
may be: it never gets the same frame twice.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
import threading
from typing import Any, Final, Generic, TypeVar

from rclpy.clock import Clock, ClockType
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from .mailbox import Mailbox
from .wire import Wire

Value = TypeVar('Value')
_LOOK_AROUND_S: Final = 0.2


@dataclass(frozen=True)
class Packet(Generic[Value]):
    """A value with the header of the image that it comes from."""

    header: Header
    value: Value

    @property
    def stamp(self) -> tuple[int, int]:
        """Return the stamp as (seconds, nanoseconds)."""
        return self.header.stamp.sec, self.header.stamp.nanosec


@dataclass(frozen=True)
class Echo:
    """What a message is known by when it comes back: its number, its stamp and who sent it."""

    number: int
    seconds: int
    nanoseconds: int
    sender: bytes | None

    def is_of(self, other: Echo) -> bool:
        """Say whether both are the same message; a sender that is not known fits each."""
        mine = self.number, self.seconds, self.nanoseconds
        same = mine == (other.number, other.seconds, other.nanoseconds)
        return same and (None in (self.sender, other.sender) or self.sender == other.sender)


@dataclass(frozen=True)
class _Place:
    """Where a topic is known: two contexts in one process do not hear each other."""

    context: Context
    topic: str
    kind: type


class _Board:
    """Who publishes and who subscribes in this process, by topic."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._publishers: dict[_Place, tuple[ExchangePublisher[Any], ...]] = defaultdict(tuple)
        self._subscriptions: dict[_Place, tuple[ExchangeSubscription[Any], ...]] = defaultdict(
            tuple
        )

    def publishers(self, place: _Place) -> tuple[ExchangePublisher[Any], ...]:
        return self._publishers.get(place, ())

    def subscriptions(self, place: _Place) -> tuple[ExchangeSubscription[Any], ...]:
        return self._subscriptions.get(place, ())

    def add_publisher(self, publisher: ExchangePublisher[Any]) -> None:
        self._publishers[publisher.place] += (publisher,)
        self._tell(publisher.place)

    def remove_publisher(self, publisher: ExchangePublisher[Any]) -> None:
        left = tuple(p for p in self._publishers[publisher.place] if p is not publisher)
        self._publishers[publisher.place] = left
        self._tell(publisher.place)

    def add_subscription(self, subscription: ExchangeSubscription[Any]) -> None:
        self._subscriptions[subscription.place] += (subscription,)

    def remove_subscription(self, subscription: ExchangeSubscription[Any]) -> None:
        left = tuple(s for s in self._subscriptions[subscription.place] if s is not subscription)
        self._subscriptions[subscription.place] = left

    def _tell(self, place: _Place) -> None:
        for subscription in self.subscriptions(place):
            subscription.look_around()


_board = _Board()


class ExchangePublisher(Generic[Value]):
    """Publishes packets to this process by reference, and to all others as messages."""

    def __init__(
        self, node: Node, wire: Wire[Value], topic: str, qos: QoSProfile, *, local: bool = True
    ) -> None:
        """Offer a topic in the middleware and, unless `local` is false, by reference."""
        self._wire = wire
        self._ros = node.create_publisher(wire.message, topic, qos)
        self._node = node
        self._turn = threading.Lock()
        self._sent = 0
        self._gid: bytes | None = None
        self._closed = False
        self._local = local
        self.place = _Place(node.context, self._ros.topic_name, wire.message)
        if local:
            with _board.lock:
                _board.add_publisher(self)

    @property
    def wanted(self) -> bool:
        """Say whether anybody subscribes, here or elsewhere."""
        return bool(self._listeners()) or self._is_heard_outside()

    def publish(self, packet: Packet[Value]) -> None:
        """Hand a packet over; a message is made only when somebody outside subscribes."""
        listeners = self._listeners()
        for subscription in listeners:
            subscription.offer(packet)
        bridged = [s for s in listeners if s.is_bridged]
        if self._is_heard_outside():
            message = self._wire.to_message(packet.header, packet.value)
            with self._turn:
                if self._closed:
                    return
                self._send(message, packet, bridged)

    def destroy(self) -> None:
        """Withdraw the topic; what is published later, by a thread that was late, goes nowhere."""
        with self._turn:
            self._closed = True
        with _board.lock:
            _board.remove_publisher(self)
        self._node.destroy_publisher(self._ros)

    def _send(
        self, message: Any, packet: Packet[Value], bridged: list[ExchangeSubscription[Any]]
    ) -> None:
        if self._gid is None and bridged:
            self._gid = self._find_gid()
        # The middleware numbers what a publisher sends from 1.
        echo = Echo(self._sent + 1, *packet.stamp, self._gid or None)
        for subscription in bridged:
            subscription.expect_echo(echo)
        try:
            self._ros.publish(message)
        except BaseException:
            # It was neither sent nor numbered.
            for subscription in bridged:
                subscription.is_echo(echo)
            raise
        self._sent += 1

    def _find_gid(self) -> bytes:
        """Return what the middleware calls this publisher, nothing where that is not certain."""
        name, namespace = self._node.get_name(), self._node.get_namespace()
        gids = [
            bytes(info.endpoint_gid)
            for info in self._node.get_publishers_info_by_topic(self.place.topic)
            if (info.node_name, info.node_namespace) == (name, namespace)
        ]
        return gids[0] if len(gids) == 1 else b''

    def _is_heard_outside(self) -> bool:
        with self._turn:
            return not self._closed and self._ros.get_subscription_count() > 0

    def _listeners(self) -> tuple[ExchangeSubscription[Any], ...]:
        return _board.subscriptions(self.place) if self._local and not self._closed else ()


class ExchangeSubscription(Generic[Value]):
    """
    Receives packets, from this process by reference and from others as messages, in a mailbox.

    `on_packet` runs in the mailbox's thread, one packet at a time. `on_bad` gets the error of a
    message that could not be read. `on_drop` is called for each packet that made room for a newer
    one.
    """

    def __init__(
        self,
        node: Node,
        wire: Wire[Value],
        topic: str,
        qos: QoSProfile,
        on_packet: Callable[[Packet[Value]], None],
        *,
        depth: int,
        on_bad: Callable[[Exception], None],
        on_drop: Callable[[], None],
        local: bool = True,
    ) -> None:
        """Listen to a topic, local and, where a publisher outside may be, in the middleware."""
        self._node = node
        self._wire = wire
        self._qos = qos
        self._on_bad = on_bad
        self._ros: Any = None
        self._echoes: deque[Echo] = deque(maxlen=256)
        self._echo_turn = threading.Lock()
        self._closed = False
        self._local = local
        resolved = node.resolve_topic_name(topic)
        self.place = _Place(node.context, resolved, wire.message)
        self._on_packet = on_packet
        # Packets of this process, and messages, which are read in the mailbox's thread: decoding
        # a large one must not keep the executor from its services.
        self._mailbox: Mailbox[Any] = Mailbox(
            self._deliver, depth=depth, name=resolved, on_drop=lambda item: on_drop()
        )
        with _board.lock:
            if local:
                _board.add_subscription(self)
            self.look_around()
        # Wall time: with use_sim_time the node's own clock may stand still.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(_LOOK_AROUND_S, self.look_around, clock=clock)

    @property
    def is_bridged(self) -> bool:
        """Say whether this subscription listens to the middleware now."""
        return self._ros is not None

    def offer(self, packet: Packet[Value]) -> None:
        """Take a packet from a publisher of this process."""
        self._mailbox.put(packet)

    def expect_echo(self, echo: Echo) -> None:
        """Note a message that will repeat, by the middleware, a packet offered already."""
        with self._echo_turn:
            self._echoes.append(echo)

    def is_echo(self, came: Echo) -> bool:
        """Say whether a message repeats a packet offered already, and expect it no longer."""
        with self._echo_turn:
            for echo in self._echoes:
                if echo.is_of(came):
                    self._echoes.remove(echo)
                    return True
        return False

    def look_around(self) -> None:
        """Listen to the middleware exactly while a publisher outside the exchange may be there."""
        with _board.lock:
            if self._closed or not self._node.context.ok():
                return
            here = len(_board.publishers(self.place)) if self._local else 0
            needed = here == 0 or self._node.count_publishers(self.place.topic) > here
            if needed and self._ros is None:
                self._ros = self._node.create_subscription(
                    self.place.kind, self.place.topic, self._on_message, self._qos
                )
            elif not needed and self._ros is not None:
                self._node.destroy_subscription(self._ros)
                self._ros = None

    def destroy(self) -> None:
        """Stop listening, and wait for the packet that is being worked on."""
        with _board.lock:
            self._closed = True
            _board.remove_subscription(self)
            if self._ros is not None:
                self._node.destroy_subscription(self._ros)
                self._ros = None
        self._node.destroy_timer(self._timer)
        self._mailbox.close()

    def _on_message(self, message: Any, info: Any) -> None:
        stamp = message.header.stamp
        # Older versions of rclpy do not tell who published.
        gid = info.get('publisher_gid', {}).get('data')
        number = info['publication_sequence_number']
        if not self.is_echo(Echo(number, stamp.sec, stamp.nanosec, gid)):
            self._mailbox.put(message)

    def _deliver(self, item: Any) -> None:
        if not isinstance(item, Packet):
            try:
                item = Packet(item.header, self._wire.from_message(item))
            except Exception as error:
                self._on_bad(error)
                return
        self._on_packet(item)
