"""`make soak`: run every graph with troubles; say what it held and what became of each image."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import os
import random
import subprocess
import sys
import time
from typing import Final

from isaac_seg_py.cli.table import show_table
from isaac_seg_py.progress import Progress
from isaac_seg_py.ros.process_start import prepare_process

from .rig import CHAINS, Rig
from .troubles import TROUBLES
from .vital_signs import HEAD, Signs

_RATE: Final = 15.0
_TROUBLE_EVERY: Final = 8
_ROUNDS: Final = 3
# Of the whole time, after each trouble has come a few times.
_WARM_UP: Final = 0.1
_LOOK_EVERY: Final = 0.03
# Of a process of some hundred MB one per cent is what an allocator may keep and give at will.
_GROWTH: Final = 0.01
_MORE_FILES: Final = 2


def main() -> None:
    """Run the graphs one after the other; exit with 1 where one of them grew or lost something."""
    parser = argparse.ArgumentParser(prog='make soak', description=__doc__)
    parser.add_argument('--minutes', type=float, default=10.0, help='for all graphs together')
    parser.add_argument('--graph', choices=sorted(CHAINS), action='append', help='default: all')
    parser.add_argument('--seed', type=int, default=1)
    given = parser.parse_args()
    if given.minutes <= 0:
        parser.error('--minutes must be more than 0')
    names = given.graph or list(CHAINS)
    # As the container and `isaac-seg run` do.
    prepare_process()
    # Away from the domains that tests and people use; the other process is given the same.
    os.environ.setdefault('ROS_DOMAIN_ID', str(random.randrange(215, 232)))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    seconds = 60 * given.minutes / len(names)
    with _remote():
        good = [soak(name, seconds, random.Random(given.seed)) for name in names]
    sys.exit(0 if all(good) else 1)


def soak(name: str, seconds: float, chance: random.Random) -> bool:
    """Run one graph and print what is found; say whether all is well."""
    with Rig(name) as rig:
        with Progress(f'soak {name}', seconds, unit='s') as bar:
            _warm_up(rig, chance)
            marks = _run(rig, seconds, chance, bar)
        rig.settle()
        missing = rig.unexplained()
        dropped = ', '.join(f'{count} {why}' for why, count in rig.dropped().most_common())
        rows = [
            mark.row(when) for when, mark in zip(('start', 'middle', 'end'), marks, strict=True)
        ]
        start, _, end = marks
        growth = end.rss / start.rss - 1
        print(f'\n{name}: {sum(rig.sent.values())} messages sent, {rig.delivered} masks heard, ')
        print(f'  dropped: {dropped or "none"}; unexplained: {missing}')
        show_table([HEAD, *rows])
        bad = []
        if missing:
            bad.append(f'{missing} messages are neither done nor dropped')
        if growth > _GROWTH:
            bad.append(f'memory grew by {growth:.1%} after the warm-up ({_GROWTH:.0%} may be)')
        if end.files > start.files + _MORE_FILES:
            bad.append(f'{end.files - start.files} more files are open')
        if end.threads > start.threads:
            bad.append(f'{end.threads - start.threads} more threads run')
        if (end.device or 0) > (start.device or 0):
            bad.append('memory of the device grew')
        print(f'  {"; ".join(bad) or "pass"}: {growth:+.2%} of memory')
        return not bad


def _warm_up(rig: Rig, chance: random.Random) -> None:
    """Meet every trouble a few times: what each of them takes once is no leak."""
    for _ in range(_ROUNDS):
        for trouble in TROUBLES:
            for number in range(_TROUBLE_EVERY):
                rig.send_picture(number)
                time.sleep(1 / _RATE)
            trouble(rig, chance)


def _run(rig: Rig, seconds: float, chance: random.Random, bar: Progress) -> list[Signs]:
    """Send and make trouble; return the lowest signs of each third after the warm-up."""
    begin = time.monotonic()
    warm = _WARM_UP * seconds
    seen: list[list[Signs]] = [[], [], []]
    look_at = warm
    sent = 0
    while (passed := time.monotonic() - begin) < seconds or not seen[-1]:
        rig.send_picture(sent)
        sent += 1
        if sent % _TROUBLE_EVERY == 0:
            chance.choice(TROUBLES)(rig, chance)
        if passed >= look_at:
            rig.settle()
            third = int(3 * (passed - warm) / (seconds - warm))
            seen[min(third, 2)].append(Signs.take())
            look_at = passed + _LOOK_EVERY * seconds
        bar.at(min(passed, seconds))
        time.sleep(1 / _RATE)
    # What is in hand at a moment comes and goes; what is lost never comes back.
    return [Signs.lowest(signs) for signs in seen]


@contextmanager
def _remote() -> Iterator[None]:
    """Have another process come and go."""
    process = subprocess.Popen([sys.executable, '-m', 'bench.soak.remote'])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == '__main__':
    main()
