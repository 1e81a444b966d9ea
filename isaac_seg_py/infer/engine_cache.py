"""Engines that were built before: found again by what they were built from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
from dataclasses import dataclass
import fcntl
import hashlib
import json
import logging
import os
from pathlib import Path
import re
import stat
import threading
from typing import Any, Final, TextIO

from .plan_file import PlanFile
from ..errors import BackendError

_LOG: Final = logging.getLogger(__name__)
_FORMAT: Final = 1
_LIMIT_BYTES: Final = 8 << 30
_LOOK_AGAIN_S: Final = 0.2

Built = tuple[bytes, dict[str, Any]]


@dataclass(frozen=True)
class CachedPlan:
    """A plan, where it lies, and what is known of it; `problem` says why it was not written."""

    plan: bytes
    file: PlanFile
    facts: dict[str, Any]
    was_built: bool
    problem: str = ''


def cache_folder() -> Path:
    """Return the folder of the engines: ISAAC_SEG_ENGINES, or below the user's cache."""
    named = os.environ.get('ISAAC_SEG_ENGINES')
    if named:
        return Path(named).expanduser()
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(home) / 'isaac_seg_py' / 'engines'


class EngineCache:
    """
    A folder of plans, each named by its model and a digest of all that it was built from.

    Processes that want the same plan build it once: the others wait. Above `limit_bytes` the plans
    that were not used for longest go.
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int = _LIMIT_BYTES) -> None:
        """Take the folder; it is made, for the user alone, when something is written."""
        self.folder = folder or cache_folder()
        self._limit = limit_bytes

    def file_for(self, model: Path, key: dict[str, Any]) -> PlanFile:
        """Return where the plan of a model lies; `key` has all that makes a difference."""
        text = json.dumps({'format': _FORMAT, **key}, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:20]
        stem = re.sub(r'[^A-Za-z0-9_.-]', '_', model.stem)[:60]
        return PlanFile(self.folder / f'{stem}-{digest}.engine')

    def get(
        self,
        file: PlanFile,
        key: dict[str, Any],
        build: Callable[[], Built],
        *,
        check: Callable[[bytes], str] = lambda plan: '',
        rebuild: bool = False,
        cancel: threading.Event | None = None,
    ) -> CachedPlan:
        """
        Return a plan that was built from `key`, building it where there is none.

        `check` says why a plan that is whole cannot be used, or nothing. A plan that is damaged,
        not usable or built from something else is built again. One that cannot be written is
        given all the same, with the problem.
        """
        if not rebuild and (found := self._find(file, key, check)):
            return found
        self._make_folder()
        with self._locked(file, cancel):
            # Who waited finds what the other one built.
            if not rebuild and (found := self._find(file, key, check, quiet=True)):
                return found
            plan, facts = build()
            facts = {'key': key, **facts}
            try:
                file.write(plan, facts)
            except BackendError as error:
                return CachedPlan(plan, file, facts, True, str(error))
            self._make_room(file)
            return CachedPlan(plan, file, facts, True)

    def files(self) -> list[PlanFile]:
        """Return the plans, the one that was used last first."""
        found = [path for path in self.folder.glob('*.engine') if path.is_file()]
        return [PlanFile(path) for path in sorted(found, key=_last_use, reverse=True)]

    def clear(self) -> int:
        """Take all plans away; return how many there were."""
        files = self.files()
        for file in files:
            file.remove()
        for path in self.folder.glob('*.lock'):
            path.unlink(missing_ok=True)
        return len(files)

    def _find(
        self,
        file: PlanFile,
        key: dict[str, Any],
        check: Callable[[bytes], str],
        *,
        quiet: bool = False,
    ) -> CachedPlan | None:
        if not file.exists():
            return None
        facts = file.facts()
        try:
            if facts.get('key') != json.loads(json.dumps(key)):
                raise BackendError(f'plan {str(file.path)!r} was built from something else')
            plan = file.read()
            reason = check(plan)
            if reason:
                raise BackendError(f'plan {str(file.path)!r} cannot be used here: {reason}')
        except (BackendError, OSError) as error:
            if not quiet:
                _LOG.warning('%s; it is built again', str(error).partition('. ')[0])
            return None
        with contextlib.suppress(OSError):
            os.utime(file.path)
        return CachedPlan(plan, file, facts, False)

    def _make_folder(self) -> None:
        with contextlib.suppress(OSError):  # who cannot write there is told when the plan is
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            facts = self.folder.stat()
            # As in /tmp, the sticky bit keeps others from replacing a file.
            open_to_all = facts.st_mode & stat.S_IWOTH and not facts.st_mode & stat.S_ISVTX
            if facts.st_uid not in (os.geteuid(), 0) or open_to_all:
                raise BackendError(
                    f'the folder {str(self.folder)!r} is not yours alone, and reading a plan runs '
                    'code that is in it; make it yours with mode 0700, or set ISAAC_SEG_ENGINES '
                    'to another'
                )

    @contextlib.contextmanager
    def _locked(self, file: PlanFile, cancel: threading.Event | None) -> Iterator[None]:
        """Let one process or thread at a time build a plan."""
        try:
            lock = file.path.with_suffix('.lock').open('w')
        except OSError:  # no lock where nothing can be written
            yield
            return
        with lock:
            self._wait_for(lock, file, cancel or threading.Event())
            yield

    def _wait_for(self, lock: TextIO, file: PlanFile, cancel: threading.Event) -> None:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if not told:
                    _LOG.info('another process builds %s; waiting for it', file.path.name)
                    told = True
                if cancel.wait(_LOOK_AGAIN_S):
                    raise BackendError(f'waiting for {file.path.name} was cancelled') from None

    def _make_room(self, newest: PlanFile) -> None:
        kept = 0
        for file in self.files():
            try:
                kept += file.path.stat().st_size
            except FileNotFoundError:
                # Another process has made room meanwhile.
                continue
            if kept > self._limit and file.path != newest.path:
                _LOG.info('%s goes: the engines are more than %.1f GB', file.path.name,
                          self._limit / 1e9)  # fmt: skip
                file.remove()


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process took it away
        return 0.0
