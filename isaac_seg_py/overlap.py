"""Several things at once on their way through the same steps, each step in threads of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Any, Final

# On the way, beside those that are in the step which takes longest: one before it and one behind.
BESIDE: Final = 2
_NAME: Final = 'overlap'


@dataclass(frozen=True)
class Step:
    """What is done to each thing, and in how many threads; the first step is in one."""

    work: Callable[[Any], Any]
    threads: int = 1


def overlapped(
    things: Iterable[Any], steps: Sequence[Step], depth: int
) -> Generator[Any, None, None]:
    """
    Give what comes of each thing after the last step, in the order of the things.

    They are taken in the thread of the first step, so that nobody waits for a thing that is still
    to come, and the next one only when that step is through with the one before, whose memory it
    may have. At most `depth` are taken that have not been given back. What a step raises, or the
    iterable itself, is raised in the place of that thing, and is the end. Whoever stops earlier,
    by leaving the loop or with `close`, waits for what is under way; the rest is let go.
    """
    first, *others = steps
    pools = [ThreadPoolExecutor(step.threads, thread_name_prefix=_NAME) for step in others]
    taker = _Taker(iter(things), first.work, list(zip(others, pools, strict=True)), depth)
    try:
        while (under_way := taker.next()) is not None:
            yield under_way.result()
            taker.make_room()
    finally:
        taker.stop()
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown()


class _Taker:
    """Takes one thing after the other, and sends each on its way."""

    def __init__(
        self,
        source: Iterator[Any],
        prepare: Callable[[Any], Any],
        steps: Sequence[tuple[Step, ThreadPoolExecutor]],
        depth: int,
    ) -> None:
        self._source, self._prepare, self._steps = source, prepare, steps
        self._room = Semaphore(depth)
        self._under_way: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self._stopped, self._takes = Event(), False
        self._thread = Thread(target=self._run, name=_NAME, daemon=True)
        self._thread.start()

    def next(self) -> Future[Any] | None:
        """Return what will come of the next thing, None behind the last."""
        return self._under_way.get()

    def make_room(self) -> None:
        """Let one more thing be taken."""
        self._room.release()

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped.set()
        self.make_room()
        # Nobody knows when a camera gives its next image: there the thread ends by itself.
        if not self._takes:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._room.acquire()
            one = self._one()
            self._under_way.put(one)
            if one is None or (one.done() and one.exception() is not None):
                return

    def _one(self) -> Future[Any] | None:
        """Take a thing and send it on its way; None is the end."""
        self._takes = True
        future: Future[Any] = Future()
        try:
            if self._stopped.is_set():
                return None
            thing = next(self._source)
        except StopIteration:
            return None
        except BaseException as error:
            future.set_exception(error)
            return future
        finally:
            self._takes = False
        if self._stopped.is_set():
            return None
        try:
            future.set_result(self._prepare(thing))
        except BaseException as error:
            future.set_exception(error)
            return future
        for step, pool in self._steps:
            future = pool.submit(_after, future, step.work)
        return future


def _after(earlier: Future[Any], work: Callable[[Any], Any]) -> Any:
    return work(earlier.result())
