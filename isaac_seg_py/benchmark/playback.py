"""Play images at a rate, each at its own deadline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time

import numpy as np

from .monitor import Times


@dataclass(frozen=True)
class Sent:
    """
    What was sent: the stamps, and the moments just after each was handed over, in nanoseconds.

    `cpu_s` is the time that the sending thread took of its processor.
    """

    stamps: Times
    handed_over: Times
    cpu_s: float


def play(
    send: Callable[[int], None],
    count: int,
    rate: float,
    on_sent: Callable[[int], None] = lambda sent: None,
) -> Sent:
    """Send so many images at a rate; who comes too late goes on from there, and sends no burst."""
    stamps, handed_over = np.zeros(count, np.int64), np.zeros(count, np.int64)
    period = 1 / rate
    cpu = time.thread_time()
    due = time.perf_counter()
    last = 0
    for number in range(count):
        left = due - time.perf_counter()
        if left > 0:
            time.sleep(left)
        elif left < -period:
            due = time.perf_counter()
        # Stamps are what results are known by: no two may be the same.
        last = stamps[number] = max(time.time_ns(), last + 1)
        send(last)
        handed_over[number] = time.time_ns()
        due += period
        on_sent(number + 1)
    return Sent(stamps, handed_over, time.thread_time() - cpu)
