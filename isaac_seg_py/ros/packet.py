"""What goes over the exchange: a value with its header, and how its message is known again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from std_msgs.msg import Header

Value = TypeVar('Value')


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
