"""Stamps remember what a result was made from, so that a second run has nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import contextlib
import fcntl
import hashlib
from pathlib import Path

from console import say
from layout import Layout

FORMAT = '1'


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """Digest names and contents of files, and some words beside them."""
    digest = hashlib.sha256('\0'.join((FORMAT, *words)).encode())
    for path in sorted(files):
        digest.update(f'\0{path.name}\0'.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, key: str) -> bool:
    """Tell whether the stamp was written for this key."""
    try:
        return stamp.read_text() == key
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def locked(place: Layout) -> Iterator[None]:
    """Let one set-up at a time change the folders; a second one waits."""
    place.build.mkdir(exist_ok=True)
    with (place.build / 'lock').open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('another set-up is at work here; waiting for it')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
