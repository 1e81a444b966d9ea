"""What a process holds: memory, open files, threads."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
from dataclasses import dataclass
import gc
from pathlib import Path
import threading
from typing import Final

_STATUS: Final = Path('/proc/self/status')
_FILES: Final = Path('/proc/self/fd')


@dataclass(frozen=True)
class Signs:
    """Memory in kB, of the device in bytes where there is one, and counts."""

    rss: int
    files: int
    threads: int
    device: int | None

    @classmethod
    def take(cls) -> Signs:
        """Look at this process, once what nobody holds is given back."""
        gc.collect()
        _trim()
        lines = _STATUS.read_text(encoding='ascii').splitlines()
        rss = next(int(line.split()[1]) for line in lines if line.startswith('VmRSS'))
        return cls(rss, len(list(_FILES.iterdir())), threading.active_count(), _device_bytes())

    @classmethod
    def lowest(cls, signs: Sequence[Signs]) -> Signs:
        """Return the least of each."""
        devices = [one.device for one in signs if one.device is not None]
        return cls(
            min(one.rss for one in signs),
            min(one.files for one in signs),
            min(one.threads for one in signs),
            min(devices) if devices else None,
        )

    def row(self, when: str) -> list[str]:
        """Return a row of a table."""
        device = '-' if self.device is None else f'{self.device / 1e6:.1f} MB'
        return [when, f'{self.rss / 1024:.1f} MB', device, str(self.files), str(self.threads)]


HEAD: Final = ['', 'memory', 'device', 'files', 'threads']


def _trim() -> None:
    """Have the C library give back what is free: it keeps some of it, and how much is chance."""
    ctypes.CDLL(None).malloc_trim(0)


def _device_bytes() -> int | None:
    """Return how much of a GPU is taken, None without one."""
    from isaac_seg_py.cuda import is_available

    there, _ = is_available()
    if not there:
        return None
    from isaac_seg_py.cuda import open_device

    with open_device(0) as device:
        free, total = device.memory()
    return int(total - free)
