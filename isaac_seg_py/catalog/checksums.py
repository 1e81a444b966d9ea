"""SHA-256 of files, and what is remembered of files that came without one."""

from __future__ import annotations

from functools import lru_cache
import hashlib
from pathlib import Path
from typing import Final

from ..errors import ModelError

_BLOCK: Final = 1 << 20
_DIGITS: Final = frozenset('0123456789abcdef')


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; of a file that stays, it is computed once."""
    facts = path.stat()
    return _sha256(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


@lru_cache(maxsize=64)
def _sha256(path: Path, *_: int) -> str:
    # What is no argument here is part of the key: a file that changed is read again.
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def record_path(file: Path) -> Path:
    """Return where the SHA-256 of a file is remembered: beside it."""
    return file.with_name(f'{file.name}.sha256')


def recorded_sha256(file: Path) -> str:
    """Return the SHA-256 that was remembered of a file when it first came, '' without one."""
    path = record_path(file)
    try:
        digest = path.read_text(encoding='utf-8')[:4096].partition(' ')[0].strip().lower()
    except FileNotFoundError:
        return ''
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f'{str(path)!r} cannot be read: {error}') from error
    if not is_sha256(digest):
        raise ModelError(f'{str(path)!r} holds no sha256; delete it if you trust {file.name}')
    return digest


def record_sha256(file: Path, digest: str) -> None:
    """Remember the SHA-256 of a file, in the form that the command sha256sum -c reads."""
    record_path(file).write_text(record_line(file, digest), encoding='utf-8')


def record_line(file: Path, digest: str) -> str:
    """Return the line that remembers the SHA-256 of a file."""
    return f'{digest}  {file.name}\n'


def is_sha256(text: str) -> bool:
    """Say whether a text is a SHA-256 in small hexadecimal digits."""
    return len(text) == 64 and set(text) <= _DIGITS
