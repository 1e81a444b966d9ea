"""The mailbox keeps order, keeps the newest and counts what it drops."""

from __future__ import annotations

import threading

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
    assert done.wait(5)
    box.close()
    assert got == list(range(100))
    assert threading.get_ident() not in threads


def test_a_full_box_drops_its_oldest_and_says_so() -> None:
    got: list[int] = []
    dropped: list[int] = []
    started, go, done = threading.Event(), threading.Event(), threading.Event()

    def deliver(item: int) -> None:
        started.set()
        go.wait(5)
        got.append(item)
        if item == 6:
            done.set()

    box = Mailbox(deliver, depth=2, name='test', on_drop=dropped.append)
    box.put(0)
    assert started.wait(5)
    for item in range(1, 7):
        box.put(item)
    go.set()
    assert done.wait(5)
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
    assert done.wait(5)
