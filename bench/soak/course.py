"""A long run of one graph: troubles in turn, and what it held at the start, middle and end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import random
import subprocess
import sys
import time
from typing import Final

from isaac_seg_py.cli.table import show_table
from isaac_seg_py.progress import Progress

from .rig import Rig
from .troubles import TROUBLES
from .vital_signs import HEAD, Signs

_RATE: Final = 15.0
_TROUBLE_EVERY: Final = 8
_ROUNDS: Final = 3
# Of the whole time, after each trouble has come a few times.
_WARM_UP: Final = 0.1
_LOOK_EVERY: Final = 0.03
_MANY: Final = 12
# Of a process of some hundred MB one per cent is what an allocator may keep and give at will.
_GROWTH: Final = 0.01


def soak(name: str, seconds: float, chance: random.Random) -> bool:
    """Run one graph and print what is found; say whether all is well."""
    with Rig(name) as rig:
        with Progress(f'soak {name}', seconds, unit='s') as bar:
            _warm_up(rig, chance)
            marks, rounds = _run(rig, seconds, chance, bar)
        rig.settle()
        missing = rig.unexplained()
        dropped = ', '.join(f'{count} {why}' for why, count in rig.dropped().most_common())
        start, middle, end = marks
        print(f'\n{name}: {sum(rig.sent.values())} messages sent, {rig.delivered} masks heard')
        print(f'  dropped: {dropped or "none"}; unexplained: {missing}')
        if rig.asker.asked:
            print(f'  requests: {rig.asker.done} done, {rig.asker.refused} refused in words')
        show_table([HEAD, start.row('start'), middle.row('middle'), end.row('end')])
        good, words = judged(start, end, missing, rounds)
        print(f'  {words}')
        return good


def judged(start: Signs, end: Signs, missing: int, rounds: int) -> tuple[bool, str]:
    """Say whether all is well, and what not; `rounds` is how often all troubles came."""
    bad = [f'{missing} messages or requests are neither done nor dropped'] if missing else []
    if rounds < _ROUNDS:
        short = f'too short to judge memory: not every trouble came {_ROUNDS} times'
        return not bad, '; '.join([*(bad or ['pass']), short])
    bad += end.worse_than(start, _GROWTH)
    return not bad, '; '.join(bad) or f'pass: {end.rss / start.rss - 1:+.2%} of memory'


def _warm_up(rig: Rig, chance: random.Random) -> None:
    """Meet every trouble a few times: what each of them takes once is no leak."""
    for _ in range(_ROUNDS):
        for trouble in TROUBLES:
            for number in range(_TROUBLE_EVERY):
                rig.send_picture(number)
                time.sleep(1 / _RATE)
            trouble(rig, chance)


def _run(
    rig: Rig, seconds: float, chance: random.Random, bar: Progress
) -> tuple[list[Signs], int]:
    """Make trouble; return the lowest signs of each third, and how often each trouble came."""
    begin = time.monotonic()
    warm = _WARM_UP * seconds
    seen: list[list[Signs]] = [[], [], []]
    look_at = warm
    met = dict.fromkeys(TROUBLES, 0)
    sent = 0
    while (passed := time.monotonic() - begin) < seconds or not seen[-1]:
        rig.send_picture(sent)
        sent += 1
        if sent % _TROUBLE_EVERY == 0:
            trouble = chance.choice(TROUBLES)
            trouble(rig, chance)
            met[trouble] += 1
        if passed >= look_at:
            _fill(rig)
            third = int(3 * (passed - warm) / (seconds - warm))
            seen[min(third, 2)].append(Signs.take())
            look_at = passed + _LOOK_EVERY * seconds
        bar.at(min(passed, seconds))
        time.sleep(1 / _RATE)
    # What is in hand at a moment comes and goes; what is lost never comes back.
    return [Signs.lowest(signs) for signs in seen], min(met.values())


def _fill(rig: Rig) -> None:
    """Have every buffer taken that may be, so that looks are at the same state, and settle."""
    for number in range(_MANY):
        rig.send_picture(number)
    rig.settle()


@contextmanager
def visited() -> Iterator[None]:
    """Have another process come and go, which listens to everything while it is there."""
    process = subprocess.Popen([sys.executable, '-m', 'bench.soak.remote'])
    try:
        yield
    finally:
        process.terminate()
        process.wait()
