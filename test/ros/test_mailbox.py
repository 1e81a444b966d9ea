"""The mailbox keeps order, keeps the newest and counts what it drops."""

from __future__ import annotations

import threading
import time

from isaac_seg_py.ros.mailbox import Mailbox


def test_items_arrive_in_order_in_another_thread() -> None:
    got: list[int] = []
    threads: set[int] = set()
    done = threading.Event()

    def deliver(item: int) -> None:
        got.append(item)
        threads.add(threading.get_ident())
        if item == 99:
            done.set()

    box = Mailbox(deliver, depth=100, name='test')
    for item in range(100):
        box.put(item)
    assert done.wait(30)
    box.close()
    assert got == list(range(100))
    assert threading.get_ident() not in threads


def test_a_full_box_drops_its_oldest_and_says_so() -> None:
    got: list[int] = []
    dropped: list[int] = []
    started, go, done = threading.Event(), threading.Event(), threading.Event()

    def deliver(item: int) -> None:
        started.set()
        go.wait(30)
        got.append(item)
        if item == 6:
            done.set()

    box = Mailbox(deliver, depth=2, name='test', on_drop=dropped.append)
    box.put(0)
    assert started.wait(30)
    for item in range(1, 7):
        box.put(item)
    go.set()
    assert done.wait(30)
    box.close()
    assert got == [0, 5, 6]
    assert dropped == [1, 2, 3, 4]


def test_closing_twice_is_harmless_and_later_items_are_let_go() -> None:
    got: list[int] = []
    box = Mailbox(got.append, depth=1, name='test')
    box.close()
    box.close()
    box.put(1)
    assert got == []


def test_a_box_may_be_closed_from_its_own_thread() -> None:
    done = threading.Event()

    def deliver(item: int) -> None:
        box.close()
        done.set()

    box = Mailbox(deliver, depth=1, name='test')
    box.put(1)
    assert done.wait(30)


def test_what_waits_when_the_box_is_closed_is_let_go() -> None:
    got: list[int] = []
    started, go = threading.Event(), threading.Event()

    def deliver(item: int) -> None:
        started.set()
        assert go.wait(30)
        got.append(item)

    box = Mailbox(deliver, depth=5, name='test')
    box.put(0)
    assert started.wait(30)
    for item in range(1, 4):
        box.put(item)
    assert len(box) == 3
    closing = threading.Thread(target=box.close)
    closing.start()
    end = time.monotonic() + 30
    while len(box) == 3:
        assert time.monotonic() < end
        time.sleep(0.001)
    go.set()
    closing.join(30)
    assert not closing.is_alive()
    assert (got, len(box)) == ([0], 0)


def test_of_what_several_threads_put_each_item_is_delivered_or_dropped() -> None:
    got: list[tuple[int, int]] = []
    dropped: list[tuple[int, int]] = []
    done = threading.Event()

    def deliver(item: tuple[int, int]) -> None:
        got.append(item)
        if item[0] == 4:
            done.set()

    box = Mailbox(deliver, depth=2, name='test', on_drop=dropped.append)

    def put(thread: int) -> None:
        for number in range(500):
            box.put((thread, number))

    threads = [threading.Thread(target=put, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    # What waits is delivered before the last one.
    box.put((4, 0))
    assert done.wait(30)
    box.close()
    every = [(thread, number) for thread in range(4) for number in range(500)]
    assert sorted(got + dropped) == [*every, (4, 0)]
    for thread in range(4):
        mine = [number for owner, number in got if owner == thread]
        assert mine == sorted(mine)
