"""Several things at once on their way through the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
import threading
import time

from isaac_seg_py.overlap import overlapped, Step
import pytest

WAIT = 30.0


def twice(number: int) -> int:
    """Double what comes."""
    return 2 * number


def threads_left() -> list[str]:
    """Return the threads of steps that have not ended."""
    return [one.name for one in threading.enumerate() if one.name.startswith('overlap')]


@pytest.mark.parametrize('depth', [1, 2, 3, 50])
def test_everything_comes_back_in_order(depth: int) -> None:
    steps = [Step(twice), Step(str, 3), Step(len)]
    numbers = [1, 7, 70, 700, 7000, 3, 1]
    assert list(overlapped(numbers, steps, depth)) == [1, 2, 3, 4, 5, 1, 1]
    assert list(overlapped([], steps, depth)) == []
    assert not threads_left()


def test_a_later_one_that_is_faster_waits_for_its_turn() -> None:
    later_is_done = threading.Event()

    def work(number: int) -> int:
        if number:
            later_is_done.set()
        else:
            assert later_is_done.wait(WAIT)
        return number

    assert list(overlapped([0, 1], [Step(int), Step(work, 2)], 2)) == [0, 1]


def test_each_step_is_at_work_on_another_thing() -> None:
    meeting = threading.Barrier(3)

    def meet(step: int, number: int) -> int:
        # Whoever comes alone waits in vain, and that is an error.
        if step + number == 2:
            meeting.wait(WAIT)
        return number

    steps = [Step(lambda number, step=step: meet(step, number)) for step in range(3)]
    assert list(overlapped(range(5), steps, 3)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize('depth', [1, 2, 5])
def test_no_more_are_taken_than_the_depth(depth: int) -> None:
    taken, given = 0, 0

    def source() -> Iterator[int]:
        nonlocal taken
        for number in range(20):
            taken += 1
            assert taken - given <= depth
            yield number

    for _ in overlapped(source(), [Step(twice), Step(twice)], depth):
        given += 1
    assert taken == given == 20


def test_the_first_step_is_through_before_the_next_thing_is_taken() -> None:
    a_moment = threading.Event()
    one = [0]

    def refill() -> Iterator[list[int]]:
        for one[0] in range(9):
            yield one

    def read(given: list[int]) -> int:
        a_moment.wait(0.001)
        return given[0]

    assert list(overlapped(refill(), [Step(read), Step(twice)], 5)) == list(range(0, 18, 2))


def test_what_is_done_is_not_held_back_for_what_is_still_to_come() -> None:
    seen: list[int] = []
    a_moment = threading.Event()

    def camera() -> Iterator[int]:
        end = time.monotonic() + WAIT
        while not seen:
            assert time.monotonic() < end, 'nothing came back while more was taken'
            yield 7
            a_moment.wait(0.001)

    for number in overlapped(camera(), [Step(twice)], 1_000_000):
        seen.append(number)
    assert set(seen) == {14}


@pytest.mark.parametrize('depth', [1, 2, 9])
def test_the_next_thing_may_follow_from_the_last_result(depth: int) -> None:
    next_one: SimpleQueue[int] = SimpleQueue()
    next_one.put(1)
    found = []
    for result in overlapped(iter(next_one.get, 0), [Step(twice), Step(twice)], depth):
        found.append(result)
        next_one.put(result if result < 64 else 0)
    assert found == [4, 16, 64]


def test_whoever_stops_does_not_wait_for_a_thing_that_is_still_to_come() -> None:
    comes = threading.Event()

    def camera() -> Iterator[int]:
        yield 1
        assert comes.wait(WAIT)
        yield 2

    stream = overlapped(camera(), [Step(twice), Step(twice)], 3)
    assert next(stream) == 4
    stream.close()
    comes.set()
    end = time.monotonic() + WAIT
    while threads_left():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize('depth', [1, 2, 9])
def test_an_error_comes_in_the_place_of_its_thing(depth: int) -> None:
    found = []
    with pytest.raises(ZeroDivisionError):
        for result in overlapped([1, 2, 0, 4], [Step(twice), Step(lambda n: 8 // n)], depth):
            found.append(result)
    assert found == [4, 2]
    assert not threads_left()


def test_an_error_of_the_source_comes_behind_the_results_before_it() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2)
        raise OSError('the cable is out')

    found = []
    with pytest.raises(OSError, match='cable'):
        for result in overlapped(source(), [Step(twice)], 8):
            found.append(result)
    assert found == [2, 4]


def test_whoever_stops_waits_for_what_is_under_way_and_for_nothing_else() -> None:
    begun: list[int] = []
    stream = overlapped(range(1000), [Step(twice), Step(begun.append)], 4)
    next(stream)
    stream.close()
    assert not threads_left()
    assert 1 <= len(begun) <= 4
    with pytest.raises(StopIteration):
        next(stream)
