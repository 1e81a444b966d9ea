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
NO_SPACE = 'No space left on device'


class SetupError(Exception):
    """Something a person has to put right; the text says what is missing and what to type."""


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
            say(f'  ... {what}, {time.monotonic() - started:.0f} s so far')

    say(f'{what} ...')
    alive = threading.Thread(target=beat, daemon=True)
    alive.start()
    try:
        yield
    finally:
        done.set()
        alive.join()
    say(f'{what}: {time.monotonic() - started:.1f} s')


def run_logged(
    command: Sequence[str | Path], log: Path, *, env: Mapping[str, str], cwd: Path
) -> None:
    """Run a command with its output in a log; a failure names the log and its telling lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('w') as output:
        output.write(' '.join(map(str, command)) + '\n')
        output.flush()
        result = subprocess.run(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            check=False,
        )
    if result.returncode:
        raise CommandFailed(result.returncode, log)


class CommandFailed(SetupError):
    """A command of the set-up returned an error."""

    def __init__(self, code: int, log: Path) -> None:
        """Keep the log, so that a caller who knows the step can explain the failure."""
        self.log = log
        self.text = log.read_text(errors='replace')
        if NO_SPACE in self.text:
            message = f'the disk is full; free about 2 GB and try again (log: {log})'
        else:
            message = (
                f'a command failed with exit code {code} (log: {log})\n{self.telling_lines()}'
            )
        super().__init__(message)

    def telling_lines(self, count: int = 6) -> str:
        """Lines of the log that look like the error, or else its last ones."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if 'error' in line.lower()] or lines
        return '\n'.join(f'    | {line[:160]}' for line in telling[-count:])
