"""What processes and the machine use, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path
import threading
import time
from typing import Final

from .device_use import DeviceUse
from ..closing import Closing

_EVERY_S: Final = 0.1


def cpu_seconds(process: int) -> float:
    """Return the processor time of a process and all its threads so far."""
    if process == os.getpid():
        return time.process_time()
    # Linux makes the number of a process's clock from that of the process.
    return time.clock_gettime((~process << 3) | 2)


def resident_mb(process: int) -> float:
    """Return the memory that a process has in RAM."""
    pages = int(Path(f'/proc/{process}/statm').read_text(encoding='ascii').split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / 2**20


class ResourceSampler(Closing):
    """
    Samples the machine ten times a second: processors in per cent, and the device where there is.

    `samples` holds lists by name; the first of each is from before the work.
    """

    def __init__(self, device: DeviceUse | None) -> None:
        """Take the first sample and go on."""
        self._device = device
        self._times = _machine_times()
        self.samples: dict[str, list[float]] = {}
        self._done = threading.Event()
        time.sleep(_EVERY_S)
        self._sample()
        self._thread = threading.Thread(target=self._run, name='resources', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; the samples stay."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._sample()

    def _sample(self) -> None:
        busy, total = _machine_times()
        before, self._times = self._times, (busy, total)
        passed = total - before[1]
        if passed > 0:
            self._add('OVERALL_CPU', 100 * (busy - before[0]) / passed)
        if self._device is not None:
            use, memory = self._device.read()
            self._add('DEVICE', use)
            self._add('DEVICE_MEMORY', memory)

    def _add(self, name: str, value: float) -> None:
        self.samples.setdefault(name, []).append(value)


def _machine_times() -> tuple[int, int]:
    """Return the ticks in which processors worked, and all."""
    with open('/proc/stat', encoding='ascii') as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)
