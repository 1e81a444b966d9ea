"""What must look again and again does so in one thread, which no error and no end disturbs."""

from __future__ import annotations

from collections.abc import Callable
import gc
import threading
import time
import weakref

from isaac_seg_py.ros.lookout import Lookout
import pytest
from rclpy.exceptions import InvalidHandle

pytestmark = pytest.mark.ros


class Looker:
    """Counts how often it looked around, and fails where it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.looks = 0
        self.threads: set[str] = set()
        self._error = error

    def look_around(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.looks += 1
        if self._error is not None:
            raise self._error


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, 'it did not come'
        time.sleep(0.002)


@pytest.fixture
def lookout() -> Lookout:
    """Return one that looks often."""
    return Lookout('quick lookout', 0.005)


def threads() -> int:
    return sum(thread.name == 'quick lookout' for thread in threading.enumerate())


def test_all_look_again_and_again_in_one_thread(lookout: Lookout) -> None:
    both = Looker(), Looker()
    for looker in both:
        lookout.add(looker)
    wait_for(lambda: min(looker.looks for looker in both) >= 3)
    assert threads() == 1
    assert both[0].threads == both[1].threads == {'quick lookout'}
    for looker in both:
        lookout.remove(looker)
    wait_for(lambda: threads() == 0)


def test_it_starts_again_after_it_has_ended(lookout: Lookout) -> None:
    looker = Looker()
    for _ in range(3):
        lookout.add(looker)
        seen = looker.looks
        wait_for(lambda seen=seen: looker.looks > seen)
        lookout.remove(looker)
        wait_for(lambda: threads() == 0)


def test_what_was_added_just_as_the_last_one_left_is_looked_for(lookout: Lookout) -> None:
    for _ in range(50):
        first, second = Looker(), Looker()
        lookout.add(first)
        lookout.remove(first)
        lookout.add(second)
        wait_for(lambda second=second: second.looks > 0)
        lookout.remove(second)
    assert threads() <= 1


def test_one_that_fails_does_not_keep_the_others_from_looking(lookout: Lookout) -> None:
    bad, good = Looker(RuntimeError('the node is going')), Looker()
    lookout.add(bad)
    lookout.add(good)
    wait_for(lambda: bad.looks >= 2 and good.looks >= 2)
    lookout.remove(bad)
    lookout.remove(good)
    wait_for(lambda: threads() == 0)


def test_what_was_forgotten_without_a_word_is_not_kept(lookout: Lookout) -> None:
    def forgotten() -> weakref.ref[Looker]:
        looker = Looker()
        lookout.add(looker)
        wait_for(lambda: looker.looks >= 1)
        return weakref.ref(looker)

    gone = forgotten()
    wait_for(lambda: gc.collect() >= 0 and gone() is None)
    wait_for(lambda: threads() == 0)


def test_one_whose_handle_is_destroyed_is_let_go(lookout: Lookout) -> None:
    looker = Looker(InvalidHandle('it was destroyed'))
    lookout.add(looker)
    wait_for(lambda: threads() == 0)
    assert looker.looks == 1
