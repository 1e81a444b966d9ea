"""Bring packets of two topics together by their stamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from .packet import Packet

Pair = tuple[Packet[Any], Packet[Any]]


class StampPairs:
    """
    Keeps the packets of two topics until their partners come.

    Equal stamps pair; with a tolerance, the nearest within it. What waits is let go, and told to
    `on_unmatched` with the number of those let go since the last pair, when a later pair is found
    or `depth` newer ones wait. Not thread-safe: a node
    works on one packet at a time.
    """

    def __init__(
        self, depth: int, tolerance_s: float = 0.0, *, on_unmatched: Callable[[int], None]
    ) -> None:
        """Take how many packets of each topic may wait, and how far apart their stamps may be."""
        self._waiting: tuple[deque[Packet[Any]], deque[Packet[Any]]] = (deque(), deque())
        self._depth = depth
        self._tolerance_ns = round(tolerance_s * 1e9)
        self._on_unmatched = on_unmatched
        self._in_a_row = 0

    def add(self, side: int, packet: Packet[Any]) -> Pair | None:
        """Add a packet of topic 0 or 1; return its pair, in the order of the topics, or None."""
        others = self._waiting[1 - side]
        stamp = _nanoseconds(packet)
        distances = [abs(_nanoseconds(other) - stamp) for other in others]
        nearest = min(distances, default=None)
        if nearest is None or nearest > self._tolerance_ns:
            self._keep(self._waiting[side], packet)
            return None
        self._in_a_row = 0
        partner = others[distances.index(nearest)]
        others.remove(partner)
        # Packets come in order: what is not newer than a pair will never find a partner.
        self._let_go(others, _nanoseconds(partner))
        self._let_go(self._waiting[side], stamp)
        return (packet, partner) if side == 0 else (partner, packet)

    def _keep(self, waiting: deque[Packet[Any]], packet: Packet[Any]) -> None:
        waiting.append(packet)
        if len(waiting) > self._depth:
            waiting.popleft()
            self._tell()

    def _let_go(self, waiting: deque[Packet[Any]], stamp: int) -> None:
        while waiting and _nanoseconds(waiting[0]) <= stamp:
            waiting.popleft()
            self._tell()

    def _tell(self) -> None:
        self._in_a_row += 1
        self._on_unmatched(self._in_a_row)


def _nanoseconds(packet: Packet[Any]) -> int:
    seconds, nanoseconds = packet.stamp
    return seconds * 1_000_000_000 + nanoseconds
