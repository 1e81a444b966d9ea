"""
A thread in which all that must look again and again does so.

A timer of each would wake the executor, which gathers everything that its nodes wait for each
time: in a graph of four nodes 26 ms of the processor in every second, of which looking took a
tenth.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol
from weakref import WeakSet

from rclpy.exceptions import InvalidHandle
from rclpy.logging import get_logger


class Looker(Protocol):
    """What looks around."""

    def look_around(self) -> None:
        """See what has changed."""


class Lookout:
    """Has what was added look around, once in a period; the thread ends when none is left."""

    def __init__(self, name: str, period_s: float) -> None:
        """Look for nobody yet; the thread will have that name."""
        self._name = name
        self._period_s = period_s
        self._turn = threading.Lock()
        self._lookers: WeakSet[Looker] = WeakSet()
        self._running = False
        self._emptied = threading.Event()

    def add(self, looker: Looker) -> None:
        """Have one more look around, for as long as somebody else knows it."""
        with self._turn:
            self._lookers.add(looker)
            self._emptied.clear()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def remove(self, looker: Looker) -> None:
        """Leave one alone; it may be looking just now."""
        with self._turn:
            self._lookers.discard(looker)
            if not self._lookers:
                self._emptied.set()

    def _run(self) -> None:
        while True:
            self._emptied.wait(self._period_s)
            with self._turn:
                lookers = list(self._lookers)
                if not lookers:
                    self._running = False
                    return
            while lookers:
                self._have_look(lookers.pop())

    def _have_look(self, looker: Looker) -> None:
        try:
            looker.look_around()
        except InvalidHandle as error:
            # What it looks with is destroyed, which is for ever.
            self.remove(looker)
            _tell(error, 'it is let go')
        except Exception as error:
            # As rclpy says it of a node that is going just now. This thread looks for others too.
            _tell(error, 'it is tried again')


def _tell(error: Exception, what_now: str) -> None:
    get_logger('isaac_seg_py').warning(
        f'looking around failed with {type(error).__name__}: {error}; {what_now}',
        throttle_duration_sec=5.0,
    )


# Who publishes and subscribes elsewhere.
NEIGHBOURS: Final = Lookout('isaac_seg_py neighbours', 0.2)
# Who wants to hear how things are.
LISTENERS: Final = Lookout('isaac_seg_py listeners', 1.0)
