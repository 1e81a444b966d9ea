"""Networks that are made of others are made once, and kept beside the engines."""

from __future__ import annotations

from collections.abc import Callable
import hashlib
import logging
import os
from pathlib import Path
import stat
from typing import Final

from .engine_cache import cache_folder
from .plan_file import replace_files
from ..catalog.checksums import record_line, record_path, recorded_sha256, sha256_of
from ..errors import BackendError, ModelError

_LOG: Final = logging.getLogger(__name__)
_KEPT: Final = 32


def made_once(kind: str, stem: str, key: str, make: Callable[[], bytes]) -> Path:
    """
    Return the file of a network that `make` writes, unless it was made before.

    `kind` is as in `fused`, `stem` begins the file's name, and `key` is all that the network
    depends on.
    """
    folder = cache_folder() / kind
    file = folder / f'{stem}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.onnx'
    if file.is_file():
        problem = _problem(file)
        if not problem:
            return file
        _LOG.warning('%s network %r %s; it is made again', kind, str(file), problem)
    content = make()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackendError(
            f'the folder {str(folder)!r} for {kind} networks cannot be made: {error.strerror}; '
            'set ISAAC_SEG_ENGINES to another folder'
        ) from error
    line = record_line(file, hashlib.sha256(content).hexdigest())
    replace_files({file: content, record_path(file): line.encode()})
    for old in sorted(folder.glob('*.onnx'), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        for path in (old, record_path(old)):
            path.unlink(missing_ok=True)
    return file


def _problem(file: Path) -> str:
    """Return why a file is not what was written, empty where it is."""
    try:
        facts = file.stat()
        if facts.st_uid not in (os.geteuid(), 0) or facts.st_mode & stat.S_IWOTH:
            return 'may be of somebody else'
        whole = recorded_sha256(file) == sha256_of(file)
    except (ModelError, OSError) as error:
        return f'cannot be checked ({error})'
    return '' if whole else 'is damaged'
