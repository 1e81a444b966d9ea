"""What set-up tells people: short lines on stderr, long output in log files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import os
from pathlib import Path
import subprocess
import sys
import threading
import time

HEARTBEAT_SECONDS = 15.0


class SetupError(Exception):
    """Something a person has to put right; the text says what is missing and what to type."""


class CommandFailed(SetupError):
    """A command of the set-up returned an error; its output is at hand for an explanation."""

    def __init__(self, code: int, log: Path) -> None:
        """Say where the full output is, and show the lines of it that look like the reason."""
        self.log = log
        self.text = log.read_text(errors='replace')
        if 'No space left on device' in self.text:
            message = f'the disk is full (log: {log})\n  free about 2 GB, then type it again'
        else:
            message = f'a command ended with exit code {code} (log: {log})\n{self._reason()}'
        super().__init__(message)

    def _reason(self, count: int = 6) -> str:
        """Return lines of the log that speak of an error, or else its last ones."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if 'error' in line.lower()] or lines
        return '\n'.join(f'    | {line[:160]}' for line in telling[-count:])


def say(line: str) -> None:
    """Print one line to people, away from what the command itself prints."""
    print(f'set-up: {line}', file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Name a long step, show that it is alive, and say how long it took."""
    started = time.monotonic()
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            say(f'  still at it, {time.monotonic() - started:.0f} s')

    say(f'{what} ...')
    alive = threading.Thread(target=beat, daemon=True)
    alive.start()
    try:
        yield
    finally:
        done.set()
        alive.join()
    say(f'  done in {time.monotonic() - started:.1f} s')


def run_logged(
    command: Sequence[str | Path], log: Path, *, env: Mapping[str, str], cwd: Path
) -> None:
    """Run a command with its output in a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [os.fspath(part) for part in command]
    with log.open('w') as output:
        print('$', *words, file=output, flush=True)
        result = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            check=False,
        )
    if result.returncode:
        raise CommandFailed(result.returncode, log)
