"""A plan on disk with what is known of it in JSON beside it; only trusted, whole ones are read."""

from __future__ import annotations

from collections.abc import Mapping
import contextlib
import hashlib
import json
import os
from pathlib import Path
import stat
import tempfile
from typing import Any, Final

from ..errors import BackendError

PLAN_SUFFIXES: Final = ('.engine', '.plan')
_EXECUTABLE: Final = 'reading a plan runs code that is in it'


class PlanFile:
    """
    A plan and the JSON beside it, which has the plan's digest and the facts of its build.

    Reading a plan runs code that is in it. So it must be the user's own or root's, and nobody else
    may be able to write to it.
    """

    def __init__(self, path: Path) -> None:
        """Take the path of the plan."""
        self.path = path
        self.facts_path = path.with_name(path.name + '.json')
        self.runtime_cache_path = path.with_name(path.name + '.runtime_cache')

    def exists(self) -> bool:
        """Say whether there is a plan."""
        return self.path.is_file()

    def facts(self) -> dict[str, Any]:
        """Return what is known of the plan, empty for one of somebody else."""
        try:
            content = json.loads(self.facts_path.read_text(encoding='utf-8'))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def read(self) -> bytes:
        """Return the plan; raise BackendError where it is damaged or not to be trusted."""
        plan = read_trusted(self.path)
        facts = self.facts()
        if facts and facts.get('sha256') != hashlib.sha256(plan).hexdigest():
            raise BackendError(
                f'plan {str(self.path)!r} has {len(plan)} bytes that are not those that were '
                'written: it is damaged. Build it again, or take away the JSON file beside it '
                'where you replaced the plan'
            )
        return plan

    def write(self, plan: bytes, facts: Mapping[str, Any]) -> None:
        """Put a plan in the place of the old one, which stays until the new one is whole."""
        told = {**facts, 'sha256': hashlib.sha256(plan).hexdigest(), 'bytes': len(plan)}
        replace_files({self.path: plan, self.facts_path: json.dumps(told, indent=2).encode()})
        # What was compiled of the old plan is of no use for this one; the library would see that.
        with contextlib.suppress(OSError):
            self.runtime_cache_path.unlink()

    def remove(self) -> None:
        """Take the plan away with all that lies beside it."""
        for path in (self.path, self.facts_path, self.runtime_cache_path):
            path.unlink(missing_ok=True)


def read_trusted(path: Path) -> bytes:
    """Return a file's bytes; raise BackendError unless it is the user's or root's own."""
    with path.open('rb') as file:
        # Of the open file: another one may have its name by now.
        facts = os.fstat(file.fileno())
        if facts.st_uid not in (os.geteuid(), 0):
            raise BackendError(
                f'{str(path)!r} belongs to user {facts.st_uid}, not to you, and {_EXECUTABLE}; '
                'copy it where you trust it, or take it away to have it built'
            )
        if facts.st_mode & stat.S_IWOTH:
            raise BackendError(
                f'{str(path)!r} can be written by everybody, and {_EXECUTABLE}; type: '
                f'chmod o-w {str(path)!r} where you trust it, or take it away to have it built'
            )
        return file.read()


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Write files beside their places, then rename them: nobody ever sees half of one."""
    staged: dict[Path, str] = {}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, staged[path] = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.')
            with os.fdopen(handle, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in contents:
            os.replace(staged[path], path)
    except BaseException as error:
        for temporary in staged.values():
            Path(temporary).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        size = sum(map(len, contents.values()))
        raise BackendError(
            f'{str(next(iter(contents)))!r} was not written ({size / 1e6:.1f} MB): '
            f'{error.strerror}. What was there before is still there; make room, or choose '
            'another folder'
        ) from error
