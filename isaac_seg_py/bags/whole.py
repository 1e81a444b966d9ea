"""What is written takes its place once it is whole; what was there before stays until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import shutil
from types import TracebackType

from .passing_on import PassingOn
from .records import BagWriter


def beside(place: Path) -> Path:
    """Return where to write what is to take a place, after removing what a run left there."""
    path = place.with_name(f'.{place.name}.part')
    _remove(path)
    return path


@contextmanager
def written_whole(place: Path) -> Iterator[Path]:
    """Give where to write a file, which takes its place where nothing goes wrong."""
    path = beside(place)
    try:
        yield path
        os.replace(path, place)
    finally:
        _remove(path)


class WholeWriter(PassingOn):
    """Writes a bag beside its place; where the work ends in an error nothing is left of it."""

    def __init__(
        self, writer: BagWriter, path: Path, place: Path, clear: Callable[[], None]
    ) -> None:
        """Take what writes, where it does, the place, and what makes that free."""
        super().__init__(writer)
        self._path, self._place, self._clear = path, place, clear
        self._is_done = False

    def close(self) -> None:
        """Finish the bag and put it into its place."""
        if self._is_done:
            return
        self._is_done = True
        try:
            self._writer.close()
            self._clear()
            os.replace(self._path, self._place)
        finally:
            _remove(self._path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the bag, or after an error remove it."""
        if error is not None and not self._is_done:
            self._is_done = True
            # Why the work ended is told, not what else cannot be written for that reason.
            with suppress(Exception):
                self._writer.close()
            _remove(self._path)
        self.close()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
