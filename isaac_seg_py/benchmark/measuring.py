"""One measurement: play at a rate, wait for what is late, and keep what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import time
from typing import Final

from .device_use import DeviceUse
from .monitor import Times
from .playback import play, Sent
from .resources import cpu_seconds, resident_mb, ResourceSampler
from .subject import Subject
from ..errors import BackendError

# How long late results are waited for, and how long after the last one nothing more is expected.
_PATIENCE_S: Final = 5.0
_QUIET_S: Final = 1.0
_FIRST_S: Final = 60.0


@dataclass(frozen=True)
class Run:
    """
    What happened: the images sent, rows of (stamp, arrival), and what it took.

    `cpu_s` and `rss_mb` are by process, `samples` those of the machine by name.
    """

    rate: float
    sent: Sent
    came: Times
    cpu_s: Mapping[str, float]
    rss_mb: Mapping[str, float]
    copies: str = 'none'
    samples: Mapping[str, list[float]] = field(default_factory=dict)


def measure(
    subject: Subject,
    rate: float,
    seconds: float,
    *,
    device: DeviceUse | None = None,
    on_sent: Callable[[int], None] = lambda sent: None,
) -> Run:
    """Play images for some seconds at a rate."""
    count = max(int(seconds * rate), 3)
    subject.monitor.clear()
    with ResourceSampler(device) as machine:
        before = {name: cpu_seconds(process) for name, process in subject.processes.items()}
        sent = play(subject.send, count, rate, on_sent)
        _wait_for_late(subject, count)
        taken = {
            name: cpu_seconds(process) - before[name]
            for name, process in subject.processes.items()
        }
        memory = {name: resident_mb(process) for name, process in subject.processes.items()}
    return Run(rate, sent, subject.monitor.rows(), taken, memory, subject.copies, machine.samples)


def warm_up(subject: Subject, frames: int = 5) -> float:
    """Send images one by one until some results have come; return the seconds of the last one."""
    end = time.monotonic() + _FIRST_S
    done, seconds = 0, 0.0
    while done < frames:
        subject.monitor.clear()
        begin = time.perf_counter()
        subject.send(time.time_ns())
        soon = time.monotonic() + _QUIET_S
        while not len(subject.monitor) and time.monotonic() < soon:
            time.sleep(0.001)
        if len(subject.monitor):
            done += 1
            seconds = time.perf_counter() - begin
        elif time.monotonic() > end:
            raise BackendError(
                f'no result came within {_FIRST_S:g} s; see the log above for the reason'
            )
    return seconds


def _wait_for_late(subject: Subject, count: int) -> None:
    """Wait until all are here, or nothing comes any more."""
    end = time.monotonic() + _PATIENCE_S
    here, since = len(subject.monitor), time.monotonic()
    while len(subject.monitor) < count and time.monotonic() < end:
        time.sleep(0.005)
        if len(subject.monitor) > here:
            here, since = len(subject.monitor), time.monotonic()
        if time.monotonic() - since > _QUIET_S:
            return
