"""The board: who publishes and who subscribes in this process, by topic."""

from __future__ import annotations

from dataclasses import dataclass
import threading
from typing import Any, Final, Protocol, TypeVar

from rclpy.context import Context

from .packet import Echo, Packet

Kind = TypeVar('Kind')


@dataclass(frozen=True)
class Place:
    """Where a topic is known: two contexts in one process do not hear each other."""

    context: Context
    topic: str
    kind: type


class Speaker(Protocol):
    """A publisher of the exchange."""

    place: Place


class Listener(Protocol):
    """A subscription of the exchange, as a publisher sees it."""

    place: Place

    @property
    def is_bridged(self) -> bool:
        """Say whether it listens to the middleware now."""

    def offer(self, packet: Packet[Any]) -> None:
        """Take a packet."""

    def expect_echo(self, echo: Echo) -> None:
        """Note a message that will repeat a packet offered already."""

    def is_echo(self, came: Echo) -> bool:
        """Say whether a message was expected, and expect it no longer."""

    def look_around(self) -> None:
        """See whether the middleware must be listened to."""


class Board:
    """Lists those of each topic; whoever changes it holds its lock."""

    def __init__(self) -> None:
        """Know of nobody."""
        self.lock = threading.RLock()
        self._speakers: dict[Place, tuple[Speaker, ...]] = {}
        self._listeners: dict[Place, tuple[Listener, ...]] = {}

    def speakers(self, place: Place) -> tuple[Speaker, ...]:
        """Return the publishers of a topic."""
        return self._speakers.get(place, ())

    def listeners(self, place: Place) -> tuple[Listener, ...]:
        """Return the subscriptions of a topic."""
        return self._listeners.get(place, ())

    def add_speaker(self, speaker: Speaker) -> None:
        """Add a publisher, and have the subscriptions look around."""
        self._speakers[speaker.place] = (*self.speakers(speaker.place), speaker)
        self._tell(speaker.place)

    def remove_speaker(self, speaker: Speaker) -> None:
        """Take a publisher away, and have the subscriptions look around."""
        _take_away(self._speakers, speaker.place, speaker)
        self._tell(speaker.place)

    def add_listener(self, listener: Listener) -> None:
        """Add a subscription."""
        self._listeners[listener.place] = (*self.listeners(listener.place), listener)

    def remove_listener(self, listener: Listener) -> None:
        """Take a subscription away."""
        _take_away(self._listeners, listener.place, listener)

    def _tell(self, place: Place) -> None:
        for listener in self.listeners(place):
            listener.look_around()


def _take_away(table: dict[Place, tuple[Kind, ...]], place: Place, gone: Kind) -> None:
    left = tuple(other for other in table.get(place, ()) if other is not gone)
    if left:
        table[place] = left
    else:
        # A place of nobody would keep its context for ever.
        table.pop(place, None)


BOARD: Final = Board()
