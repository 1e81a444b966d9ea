"""Find the highest rate that a subject keeps up with, as ros2_benchmark does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
from typing import Final

_NAME: Final = 'BasicPerformanceMetrics.'
Probe = Callable[[float], Mapping[str, float]]


@dataclass(frozen=True)
class SearchLimits:
    """
    The constants of the search, with the values that ros2_benchmark has.

    Its 10 Hz mean nothing to a network that takes a second: no tolerance, interval or step is
    more than `share` of the rate in question.
    """

    lower: float = 10.0
    upper: float = 3000.0
    interval: float = 10.0
    binary_drop: float = 10.0
    step: float = 5.0
    linear_drop: float = 5.0
    loss: float = 0.05
    share: float = 0.1


def find_peak(probe: Probe, limits: SearchLimits) -> float:
    """
    Return the highest rate that passed; 0 where not even the lowest did.

    `probe` plays at a rate and returns the figures of that run: first an interval is halved, then
    steps go up from a little below its lower end until one fails.
    """
    low, high = limits.lower, limits.upper
    while high - low > _at_most(limits.interval, limits, high):
        middle = (low + high) / 2
        if _keeps_up(probe(middle), limits.binary_drop, limits):
            low = middle
        else:
            high = middle
    # The halving is more tolerant than the steps: what it let pass may fail now.
    peak = 0.0
    rate = max(limits.lower, low - _at_most(limits.binary_drop, limits, low))
    while rate <= limits.upper and _keeps_up(probe(rate), limits.linear_drop, limits):
        peak = rate
        rate += _at_most(limits.step, limits, rate)
    return peak


def _keeps_up(figures: Mapping[str, float], drop: float, limits: SearchLimits) -> bool:
    asked = figures[_NAME + 'MEAN_PLAYBACK_FRAME_RATE']
    came = figures[_NAME + 'MEAN_FRAME_RATE']
    sent, missed = figures[_NAME + 'NUM_FRAMES_SENT'], figures[_NAME + 'NUM_MISSED_FRAMES']
    in_time = came >= asked - _at_most(drop, limits, asked)
    return in_time and missed <= math.ceil(limits.loss * sent)


def _at_most(value: float, limits: SearchLimits, rate: float) -> float:
    return min(value, limits.share * rate)
