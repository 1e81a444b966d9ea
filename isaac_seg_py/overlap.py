"""Several things at once on their way through the same steps, each step in threads of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

# On the way, beside those that are in the step which takes longest: one before it and one behind.
BESIDE: Final = 2


@dataclass(frozen=True)
class Step:
    """What is done to each thing, and in how many threads."""

    work: Callable[[Any], Any]
    threads: int = 1


def overlapped(
    things: Iterable[Any], steps: Sequence[Step], depth: int
) -> Generator[Any, None, None]:
    """
    Give what comes of each thing after the last step, in the order of the things.

    At most `depth` things are taken that have not been given back. What a step raises, or the
    iterable itself, is raised in the place of that thing, and is the end. Whoever stops earlier,
    by leaving the loop or with `close`, waits for what is under way; the rest is let go.
    """
    pools = [ThreadPoolExecutor(step.threads, thread_name_prefix='overlap') for step in steps]
    under_way: deque[Future[Any]] = deque()
    source = iter(things)
    try:
        for taken in _futures(source):
            for step, pool in zip(steps, pools, strict=True):
                taken = pool.submit(_after, taken, step.work)
            under_way.append(taken)
            # Who takes from a camera is not kept waiting for images that are still to come.
            while under_way and (len(under_way) >= depth or under_way[0].done()):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown()


def _futures(source: Iterator[Any]) -> Iterator[Future[Any]]:
    """Give each thing as the result of a future, and the fault of the source as the last one."""
    while True:
        taken: Future[Any] = Future()
        try:
            taken.set_result(next(source))
        except StopIteration:
            return
        except Exception as error:
            taken.set_exception(error)
            yield taken
            return
        yield taken


def _after(earlier: Future[Any], work: Callable[[Any], Any]) -> Any:
    return work(earlier.result())
