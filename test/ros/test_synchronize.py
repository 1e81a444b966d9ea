"""Packets find their partner by stamp, and what finds none is told."""

from __future__ import annotations

from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.synchronize import StampPairs
import pytest
from std_msgs.msg import Header

pytestmark = pytest.mark.ros


def packet(nanoseconds: int, name: str) -> Packet[str]:
    """Make a packet of that time."""
    header = Header()
    header.stamp.sec, header.stamp.nanosec = divmod(nanoseconds, 1_000_000_000)
    return Packet(header, name)


@pytest.mark.parametrize(
    ('given', 'tolerance', 'pairs', 'lost'),
    [
        ([(0, 5), (1, 5)], 0.0, [(5, 5)], 0),
        ([(1, 5), (0, 5)], 0.0, [(5, 5)], 0),
        ([(0, 5), (1, 6)], 0.0, [], 0),
        ([(0, 1), (0, 2), (0, 3), (1, 3)], 0.0, [(3, 3)], 2),
        ([(0, 1), (0, 2), (1, 1), (1, 2)], 0.0, [(1, 1), (2, 2)], 0),
        ([(0, 1), (0, 2), (0, 3), (0, 4), (1, 1)], 0.0, [], 1),
        ([(1, 10), (0, 5), (0, 10)], 0.0, [(10, 10)], 1),
        ([(0, 100), (1, 104)], 5e-9, [(100, 104)], 0),
        ([(0, 100), (1, 106)], 5e-9, [], 0),
        ([(0, 100), (0, 103), (1, 104)], 5e-9, [(103, 104)], 1),
        ([(0, 999_999_999), (1, 1_000_000_001)], 2e-9, [(999_999_999, 1_000_000_001)], 0),
    ],
)
def test_pairs_are_found_and_the_rest_is_counted(
    given: list[tuple[int, int]], tolerance: float, pairs: list[tuple[int, int]], lost: int
) -> None:
    told: list[int] = []
    both = StampPairs(3, tolerance, on_unmatched=told.append)
    found = [both.add(side, packet(time, 'ab'[side])) for side, time in given]
    shown = [tuple(p.stamp[0] * 10**9 + p.stamp[1] for p in pair) for pair in found if pair]
    assert shown == pairs
    assert all([p.value for p in pair] == ['a', 'b'] for pair in found if pair)
    assert len(told) == lost
    assert told[:1] == [1] * bool(lost)
