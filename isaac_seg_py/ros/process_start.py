"""
What a process that works on images does first: memory and the middleware made for large messages.

Both are left alone where the user has said something about them: MALLOC_ variables and
FASTDDS_DEFAULT_PROFILES_FILE win; ISAAC_SEG_ALLOCATOR=0 and ISAAC_SEG_FASTDDS_PROFILE=0 switch
them off.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
import sys
from typing import Final

# Numbers of mallopt's settings in glibc.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
_SETTINGS: Final = (
    # Buffers of images are used again, not given back and zeroed anew for each message.
    (_MMAP_THRESHOLD, 32 << 20),
    (_TRIM_THRESHOLD, (1 << 31) - 1),
    (_TOP_PAD, 64 << 20),
    (_ARENA_MAX, 1),
)
_PROFILE: Final = 'config/fastdds.xml'
# Each participant takes 64 MB; Docker's own limit for all of them is as much.
_ROOM: Final = 256 << 20
# Those that read the variable by its older name, and complain of none.
_OLDER: Final = ('humble', 'iron', 'jazzy')
_VARIABLES: Final = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')


def prepare_process() -> None:
    """Set up memory and the middleware; call it before rclpy.init."""
    tune_allocator()
    use_shipped_profile()


def tune_allocator() -> bool:
    """Keep the memory of large messages; return whether that was done."""
    if os.environ.get('ISAAC_SEG_ALLOCATOR') == '0' or _has_own_allocator():
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        # Not glibc.
        return False
    taken = [mallopt(setting, value) for setting, value in _SETTINGS]
    return all(taken)


def use_shipped_profile(shared_memory: Path = Path('/dev/shm')) -> bool:
    """Tell Fast DDS to have room for images in shared memory; return whether that was done."""
    if os.environ.get('ISAAC_SEG_FASTDDS_PROFILE') == '0':
        return False
    if any(os.environ.get(name) for name in (*_VARIABLES, 'FASTDDS_BUILTIN_TRANSPORTS')):
        return False
    profile = _find_profile()
    if profile is None or not _has_room(shared_memory):
        return False
    older = os.environ.get('ROS_DISTRO', '') in _OLDER
    os.environ[_VARIABLES[1 if older else 0]] = str(profile)
    return True


def _has_own_allocator() -> bool:
    given = os.environ
    tuned = 'glibc.malloc' in given.get('GLIBC_TUNABLES', '')
    # Another allocator, such as jemalloc, comes by LD_PRELOAD.
    replaced = 'malloc' in given.get('LD_PRELOAD', '')
    return tuned or replaced or any(name.startswith('MALLOC_') for name in given)


def _has_room(shared_memory: Path) -> bool:
    try:
        found = os.statvfs(shared_memory)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize >= _ROOM


def _find_profile() -> Path | None:
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    places = [Path(__file__).resolve().parent.parent.parent]
    places += [Path(prefix) / 'share/isaac_seg_py' for prefix in prefixes if prefix]
    found = [place / _PROFILE for place in places if (place / _PROFILE).is_file()]
    return found[0] if found else None
