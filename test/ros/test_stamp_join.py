"""Packets of several topics come together by their stamps."""

from __future__ import annotations

from itertools import permutations

from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.stamp_join import StampJoin
from isaac_seg_py.ros.synchronize import StampPairs
import pytest
from std_msgs.msg import Header

pytestmark = pytest.mark.ros


def packet(stamp: int, name: str) -> Packet[str]:
    """Make a packet of that many nanoseconds."""
    header = Header(frame_id=name)
    header.stamp.nanosec = stamp
    return Packet(header, name)


@pytest.mark.parametrize('order', list(permutations(range(4))))
def test_four_topics_join_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    join = StampJoin([StampPairs(5, on_unmatched=lambda _: None) for _ in range(3)])
    results = [join.add(topic, packet(7, f'topic {topic}')) for topic in order]
    assert results[:3] == [None] * 3
    found = results[3]
    assert found is not None
    assert found.value == tuple(f'topic {topic}' for topic in range(4))
    assert found.header.frame_id == 'topic 0'


def test_each_topic_has_its_own_bound_and_what_is_lonely_is_told() -> None:
    lost: list[int] = []
    pairs = [
        StampPairs(5, on_unmatched=lost.append),
        StampPairs(5, tolerance_s=3e-9, on_unmatched=lost.append),
    ]
    join = StampJoin(pairs)
    assert join.add(1, packet(12, 'b')) is None
    assert join.add(2, packet(13, 'c')) is None
    assert join.add(0, packet(10, 'a')) is None
    found = join.add(0, packet(12, 'A'))
    assert found is not None
    assert found.value == ('A', 'b', 'c')
    assert len(lost) == 1


def test_a_join_of_two_is_a_pair() -> None:
    join = StampJoin([StampPairs(5, on_unmatched=lambda _: None)])
    assert join.add(1, packet(1, 'b')) is None
    found = join.add(0, packet(1, 'a'))
    assert found is not None
    assert found.value == ('a', 'b')
