"""`isaac-seg annotate` as a process of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
import signal
import subprocess
import sys
import threading


class AnnotateProcess(AbstractContextManager['AnnotateProcess']):
    """Runs the verb until it is told to end."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        """Start it and wait for the address of its page."""
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'isaac_seg_py', 'annotate', *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        # What hangs is ended, so that reading ends too.
        self._limit = threading.Timer(150, self._process.kill)
        self._limit.start()
        self.said, self.address = '', ''
        for line in self._process.stdout:
            self.said += line
            if line.startswith('page: '):
                self.address = line.split()[1]
                break
        if not self.address:
            said = self.end()
            raise AssertionError(f'it ended with {said}')

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal; return exit code, what was said since, and the log."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        said, log = self._process.communicate()
        self._limit.cancel()
        return self._process.returncode, said, log

    def __exit__(self, *_: object) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        if self._process.stdout is not None and not self._process.stdout.closed:
            self._process.communicate()
        self._limit.cancel()
