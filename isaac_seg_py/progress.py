"""A progress bar on a terminal; one line at the end elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, TextIO

from .closing import Closing

_WIDTH: Final = 28
_REDRAW_S: Final = 0.1


class Progress(Closing):
    """
    Shows how far long work is.

        with Progress('segment', total=100) as bar:
            bar.step()
    """

    def __init__(
        self, what: str, total: float | None, *, unit: str = '', stream: TextIO | None = None
    ) -> None:
        """Take the work's name and, where known, how much there is of it."""
        self._what = what
        self._total = total
        self._unit = unit
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._begin = time.monotonic()
        self._drawn = 0.0
        self._done = 0.0
        self._closed = False

    def step(self, amount: float = 1) -> None:
        """Say that so much more is done."""
        self.at(self._done + amount)

    def at(self, done: float) -> None:
        """Say that so much is done in all."""
        self._done = done
        now = time.monotonic()
        if self._live and now - self._drawn >= _REDRAW_S:
            self._drawn = now
            self._stream.write('\r' + self._line() + '\x1b[K')
            self._stream.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the last line, unless an error came before anything was done."""
        if error is not None and not self._done:
            self._closed = True
        self.close()

    def close(self) -> None:
        """Write the last line."""
        if self._closed:
            return
        self._closed = True
        end = '\x1b[K\n' if self._live else '\n'
        self._stream.write(('\r' if self._live else '') + self._line() + end)
        self._stream.flush()

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._begin, 1e-9)
        done = f'{self._done:.4g}{self._unit}'
        if not self._total:
            return f'{self._what}: {done} in {seconds:.1f} s'
        part = min(self._done / self._total, 1.0)
        bar = '#' * round(part * _WIDTH)
        line = (
            f'{self._what} [{bar:-<{_WIDTH}}] {part:4.0%}  {done} of {self._total:.4g}{self._unit}'
        )
        if 0 < part < 1:
            return f'{line}, {seconds / part - seconds:.0f} s left'
        return f'{line}, {seconds:.1f} s'
