"""The file of annotations: one of ours is gone on with, another one is never replaced."""

from __future__ import annotations

from contextlib import suppress
import json
import os
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError

OURS: Final = 'isaac-seg annotate'


class AnnotationFile:
    """Reads and writes the content, and sees when somebody else has written."""

    def __init__(self, path: Path) -> None:
        """Take the place of the file, which need not be there."""
        # A link stays one: what it shows is replaced.
        self.path = path.resolve()
        self._known: tuple[int, ...] | None = None

    def read(self) -> Any:
        """Return the content, None where there is no file; refuse one that is not ours."""
        if not self.path.exists():
            return None
        self._known = self._seen()
        try:
            content = json.loads(self.path.read_text(encoding='utf-8'))
            ours = content['info']['description'] == OURS
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            ours = False
        if not ours:
            raise ConfigError(
                f'{str(self.path)!r} is there and was not written by {OURS}, so it is not '
                'replaced; choose another file with --out'
            )
        return content

    def write(self, content: dict[str, Any]) -> None:
        """Replace the file; a reader sees the old one or the new one, never half of one."""
        if self._seen() not in (None, self._known):
            raise ConfigError(
                f'{str(self.path)!r} was changed by another program and is not replaced; move it '
                'away, then save again'
            )
        beside = self.path.with_name(f'.{self.path.name}.part')
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(beside, 'w', encoding='utf-8') as file:
                info = {'description': OURS, 'version': '1'}
                json.dump({'info': info, **content}, file, separators=(',', ':'))
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
        except OSError as error:
            raise ConfigError(
                f'{str(self.path)!r} cannot be written: {error.strerror or error}. Put that '
                'right, then save again'
            ) from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        self._known = self._seen()

    def _seen(self) -> tuple[int, ...] | None:
        """Return what tells whether the file is still the one that was read or written."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
