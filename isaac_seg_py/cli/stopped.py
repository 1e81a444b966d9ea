"""What is told where somebody asked for the end."""

from __future__ import annotations

import sys

from ..bags.stopping import Stopping


def tell_stopped(stopped: Stopping, kept: str = 'what was done is kept') -> int:
    """Say that the work ended early, if it did, and what is kept; return the exit code."""
    if not stopped():
        return 0
    print(f'isaac-seg: stopped before the end; {kept}', file=sys.stderr)
    return 128 + int(stopped.signal)
