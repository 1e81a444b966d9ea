"""
The exchange: how nodes of one process hand values over without the middleware.

Each topic exists as an ordinary ROS topic. A value goes by reference to every subscription of this
process, and as a message to the middleware exactly when somebody outside the exchange subscribes.
A local subscription listens to the middleware too, but only where a publisher outside the exchange
may be: it never gets the same frame twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import threading
from typing import Any, Final, Generic, TypeVar

from rclpy.node import Node
from rclpy.qos import QoSProfile

from .board import BOARD, Listener, Place
from .lookout import NEIGHBOURS
from .mailbox import Mailbox
from .packet import Echo, Packet
from .qos import suited_qos
from .wire import Wire

Value = TypeVar('Value')
_PUBLISHERS_KNOWN: Final = 64


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
        self.place = Place(node.context, self._ros.topic_name, wire.message)
        if local:
            with BOARD.lock:
                BOARD.add_speaker(self)

    @property
    def wanted(self) -> bool:
        """Say whether anybody subscribes, here or elsewhere."""
        return bool(self._listeners()) or self._is_heard_outside()

    def publish(self, packet: Packet[Value]) -> None:
        """Hand a packet over; a message is made only when somebody outside subscribes."""
        for subscription in (listeners := self._listeners()):
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
        with BOARD.lock:
            BOARD.remove_speaker(self)
        self._node.destroy_publisher(self._ros)

    def _send(self, message: Any, packet: Packet[Value], bridged: list[Listener]) -> None:
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

    def _listeners(self) -> tuple[Listener, ...]:
        return BOARD.listeners(self.place) if self._local and not self._closed else ()


class ExchangeSubscription(Generic[Value]):
    """
    Receives packets, from this process by reference and from others as messages, in a mailbox.

    `on_packet` runs in the mailbox's thread, one packet at a time. `on_bad` gets the error of a
    message that could not be read. `on_drop` is called for each packet that made room for a newer
    one, and `on_lost` with the number of messages that the middleware lost on the way.
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
        on_lost: Callable[[int], None] = lambda count: None,
        local: bool = True,
    ) -> None:
        """Listen to a topic, local and, where a publisher outside may be, in the middleware."""
        self._node = node
        self._wire = wire
        self._qos = qos
        self._on_bad = on_bad
        self._on_lost = on_lost
        self._numbers: dict[bytes, int] = {}
        self._ros: Any = None
        self._heard_with: QoSProfile | None = None
        self._echoes: deque[Echo] = deque(maxlen=256)
        self._echo_turn = threading.Lock()
        self._closed = False
        self._local = local
        resolved = node.resolve_topic_name(topic)
        self.place = Place(node.context, resolved, wire.message)
        self._on_packet = on_packet
        self.received = 0
        # Packets of this process, and messages, which are read in the mailbox's thread: decoding
        # a large one must not keep the executor from its services.
        self._mailbox: Mailbox[Any] = Mailbox(
            self._deliver, depth=depth, name=resolved, on_drop=lambda item: on_drop()
        )
        with BOARD.lock:
            if local:
                BOARD.add_listener(self)
            self.look_around()
        NEIGHBOURS.add(self)

    @property
    def waiting(self) -> int:
        """Return how many packets wait."""
        return len(self._mailbox)

    @property
    def is_bridged(self) -> bool:
        """Say whether this subscription listens to the middleware now."""
        return self._heard_with is not None

    def offer(self, packet: Packet[Value]) -> None:
        """Take a packet from a publisher of this process."""
        self.received += 1
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
        with BOARD.lock:
            if self._closed or not self._node.context.ok():
                return
            here = len(BOARD.speakers(self.place)) if self._local else 0
            needed = here == 0 or self._node.count_publishers(self.place.topic) > here
            qos = suited_qos(self._qos, self._node, self.place.topic) if needed else None
            changed = qos != self._heard_with
            # Publishers say what will come twice from before it is heard until after it was.
            self._heard_with = qos or self._heard_with
            if changed and self._ros is not None:
                self._node.destroy_subscription(self._ros)
                self._ros = None
            self._heard_with = qos
            if qos is not None and self._ros is None:
                self._numbers.clear()
                self._ros = self._node.create_subscription(
                    self.place.kind, self.place.topic, self._on_message, qos
                )

    def destroy(self) -> None:
        """Stop listening, and wait for the packet that is being worked on."""
        with BOARD.lock:
            self._closed = True
            BOARD.remove_listener(self)
            if self._ros is not None:
                self._node.destroy_subscription(self._ros)
                self._ros = self._heard_with = None
        NEIGHBOURS.remove(self)
        self._mailbox.close()

    def _on_message(self, message: Any, info: Any) -> None:
        stamp = message.header.stamp
        # Older versions of rclpy do not tell who published.
        gid = info.get('publisher_gid', {}).get('data')
        number = info['publication_sequence_number']
        if not self.is_echo(Echo(number, stamp.sec, stamp.nanosec, gid)):
            self._look_for_gap(bytes(gid or b''), number)
            self.received += 1
            self._mailbox.put(message)

    def _look_for_gap(self, gid: bytes, number: int) -> None:
        """Tell of messages that a publisher numbered and that did not come."""
        if not gid:
            return
        lost = number - self._numbers.get(gid, number - 1) - 1
        if len(self._numbers) >= _PUBLISHERS_KNOWN and gid not in self._numbers:
            self._numbers.clear()
        self._numbers[gid] = number
        if lost > 0:
            self._on_lost(lost)

    def _deliver(self, item: Any) -> None:
        if not isinstance(item, Packet):
            try:
                item = Packet(item.header, self._wire.from_message(item))
            except Exception as error:
                self._on_bad(error)
                return
        self._on_packet(item)
