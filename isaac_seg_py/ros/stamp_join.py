"""Bring packets of several topics together by their stamps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .packet import Packet
from .synchronize import StampPairs


class StampJoin:
    """
    Joins one packet of each topic: topic 0 with topic 1, what that gives with topic 2, and so on.

    The result has the header of topic 0. Not thread-safe: a node works on one packet at a time.
    """

    def __init__(self, pairs: Sequence[StampPairs]) -> None:
        """Take what pairs topic n + 1 with those before it."""
        self._pairs = pairs

    def add(self, topic: int, packet: Packet[Any]) -> Packet[tuple[Any, ...]] | None:
        """Add a packet of a topic; return the values of all topics, or None."""
        step = max(topic - 1, 0)
        came = packet if topic else Packet(packet.header, (packet.value,))
        pair = self._pairs[step].add(min(topic, 1), came)
        while pair is not None:
            before, last = pair
            joined = Packet(before.header, (*before.value, last.value))
            step += 1
            if step == len(self._pairs):
                return joined
            pair = self._pairs[step].add(0, joined)
        return None
