"""What a process holds: memory, open files, threads."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
from dataclasses import dataclass, fields
import gc
from pathlib import Path
import sys
import threading
from typing import Any, Final

_STATUS: Final = Path('/proc/self/status')
_FILES: Final = Path('/proc/self/fd')
_LIBRARY: Final = ctypes.CDLL(None)


@dataclass(frozen=True)
class Signs:
    """
    What is held now; None where this machine does not tell.

    `rss` is what the system counts, in bytes, and comes and goes with what allocators keep. `used`
    is what the C library's allocator has given out, `objects` the blocks of Python's own: these
    two grow when something leaks, and for no other reason. `device` is the memory of a GPU.
    """

    rss: int
    used: int | None
    objects: int
    device: int | None
    files: int
    threads: int

    @classmethod
    def take(cls) -> Signs:
        """Look at this process, once what nobody holds is given back."""
        gc.collect()
        _trim()
        lines = _STATUS.read_text(encoding='ascii').splitlines()
        rss = next(int(line.split()[1]) for line in lines if line.startswith('VmRSS'))
        return cls(
            rss * 1024, _used_bytes(), sys.getallocatedblocks(), _device_bytes(),
            len(list(_FILES.iterdir())), threading.active_count(),
        )  # fmt: skip

    @classmethod
    def lowest(cls, signs: Sequence[Signs]) -> Signs:
        """Return the least of each."""
        least: list[Any] = []
        for field in fields(cls):
            known = [value for one in signs if (value := getattr(one, field.name)) is not None]
            least.append(min(known) if known else None)
        return cls(*least)

    def row(self, when: str) -> list[str]:
        """Return a row of a table."""
        sizes = ['-' if size is None else f'{size / 1e6:.1f} MB' for size in
                 (self.rss, self.used, self.device)]  # fmt: skip
        return [when, *sizes, str(self.objects), str(self.files), str(self.threads)]

    def worse_than(self, start: Signs, share: float) -> list[str]:
        """Say in words what grew by more than may be."""
        bad = []
        resident = share if self.used is None else max(share, _COMES_AND_GOES)
        if self.rss > start.rss * (1 + resident):
            bad.append(f'memory grew by {self.rss / start.rss - 1:.1%} ({resident:.0%} may be)')
        if self.used is not None and start.used is not None:
            # A share of all memory, of which what is given out is a part.
            more = (self.used - start.used) / start.rss
            if more > share:
                bad.append(f'what is allocated grew by {more:.1%} of all memory ({share:.0%} may)')
        more = self.objects / start.objects - 1
        if more > share:
            bad.append(f"Python's objects grew by {more:.1%} ({share:.0%} may be)")
        if self.files > start.files + _MORE_FILES:
            bad.append(f'{self.files - start.files} more files are open')
        if self.threads > start.threads:
            bad.append(f'{self.threads - start.threads} more threads run')
        if (self.device or 0) > (start.device or 0):
            bad.append('memory of the device grew')
        return bad


HEAD: Final = ['', 'memory', 'allocated', 'device', 'objects', 'files', 'threads']
_MORE_FILES: Final = 2
# What is allocated being equal to 0.1 MB, the resident memory of a process of 380 MB was seen to
# vary by 15 MB, up and down.
_COMES_AND_GOES: Final = 0.05


class _Arenas(ctypes.Structure):
    """The struct mallinfo2 of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            'arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks', 'uordblks',
            'fordblks', 'keepcost',
        )
    ]  # fmt: skip


def _used_bytes() -> int | None:
    """Return what malloc has given out and not got back, None without glibc 2.33 or newer."""
    try:
        look = _LIBRARY.mallinfo2
    except AttributeError:
        return None
    look.restype = _Arenas
    found = look()
    return int(found.uordblks + found.hblkhd)


def _trim() -> None:
    """Have the C library give back what is free: it keeps some of it, and how much is chance."""
    _LIBRARY.malloc_trim(0)


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
