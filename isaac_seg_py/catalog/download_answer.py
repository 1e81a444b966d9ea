"""What has come of a file, and what a server says of the rest."""

from __future__ import annotations

from dataclasses import dataclass
import errno
import http.client
from io import FileIO
import json
import os
from pathlib import Path
import re
from typing import Any, Final

from ..errors import ModelError

_RANGE: Final = re.compile(r'bytes (\d+)-\d+/(\d+|\*)\s*$')
_BEYOND: Final = re.compile(r'bytes \*/(\d+)\s*$')
_AGAIN: Final = (408, 425, 429)
_PAGES: Final = (b'<!doctype html', b'<html', b'<?xml')


class DownloadBroken(Exception):
    """An attempt ended early; the next one may succeed."""


class PartialFile:
    """The bytes that have come, with a note of which version of the file they are of."""

    def __init__(self, file: FileIO, note: Path, url: str) -> None:
        """Go on with an open file; without a note of this address, from its beginning."""
        self.url = url
        self.name = Path(str(file.name)).name.removesuffix('.part').removesuffix('.download')
        self.folder = Path(str(file.name)).parent
        self._file = file
        self._note = note
        self.size = file.seek(0, os.SEEK_END)
        self._known = self._read_note()
        if not self._known:
            self.restart()

    def _read_note(self) -> dict[str, Any]:
        try:
            known = json.loads(self._note.read_text(encoding='utf-8'))
        except (OSError, ValueError, RecursionError):
            return {}
        good = isinstance(known, dict) and known.get('url') == self.url
        return known if good and isinstance(known.get('version'), str) else {}

    def request_headers(self) -> dict[str, str]:
        """Return what to ask for: all, or the rest if the file is still the same."""
        headers = {'User-Agent': 'isaac_seg_py', 'Accept-Encoding': 'identity'}
        if self.size and self._known.get('version'):
            headers['Range'] = f'bytes={self.size}-'
            headers['If-Range'] = self._known['version']
        return headers

    def restart(self) -> None:
        """Forget what has come."""
        self._file.truncate(0)
        self.size = 0

    def remember(self, headers: http.client.HTTPMessage) -> None:
        """Note which version of the file comes; a weak tag says nothing of its bytes."""
        tag = headers.get('ETag', '')
        version = tag if tag.startswith('"') else headers.get('Last-Modified', '')
        self._known = {'url': self.url, 'version': version}
        self._note.write_text(json.dumps(self._known), encoding='utf-8')

    def append(self, block: bytes) -> None:
        """Add what came; the first bytes show whether it is a file at all."""
        if self.size == 0 and block.lstrip()[:20].lower().startswith(_PAGES):
            raise self._gone(
                f'{self.url} gave a web page, not a file; the address may have changed, or a '
                'login may be needed'
            )
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            told = 'the disk is full' if full else error.strerror
            raise ModelError(
                f'{str(self._file.name)!r} cannot be written: {told}; what came is kept'
            ) from error
        self.size += len(block)

    def refused(self, code: int, reason: str, content_range: str) -> None:
        """Raise what an answer other than success means."""
        if code == 416:
            beyond = _BEYOND.match(content_range)
            if beyond and int(beyond[1]) == self.size:
                return
            self.restart()
            raise DownloadBroken('the server has no such rest of the file')
        if code in _AGAIN or code >= 500:
            raise DownloadBroken(f'the server answered {code} {reason}')
        raise ModelError(
            f'{self.url} could not be fetched: the server answered {code} {reason}. '
            'The address may have changed, or a login may be needed'
        )

    def too_large(self, largest: int) -> ModelError:
        """Return the error for a file that is larger than any model, and drop it."""
        return self._gone(f'{self.url} is larger than {largest} bytes, the most that is fetched')

    def finish(self) -> None:
        """Bring what came to the disk."""
        os.fsync(self._file.fileno())
        self._note.unlink(missing_ok=True)

    def _gone(self, text: str) -> ModelError:
        for path in (Path(str(self._file.name)), self._note):
            path.unlink(missing_ok=True)
        return ModelError(text)


@dataclass(frozen=True)
class Answer:
    """How large the file is, and how much of it is still to come; None where nobody says."""

    total: int | None
    to_come: int | None

    @classmethod
    def read(
        cls, response: http.client.HTTPResponse, partial: PartialFile, largest: int
    ) -> Answer:
        """Read the head of an answer, and make `partial` begin where it begins."""
        if response.headers.get('Content-Encoding', 'identity') != 'identity':
            raise ModelError(f'{partial.url} comes packed although nobody asked for that')
        length = response.headers.get('Content-Length', '')
        to_come = int(length) if length.isdecimal() else None
        if response.status == 206:
            found = _RANGE.match(response.headers.get('Content-Range', ''))
            if not found or int(found[1]) != partial.size:
                partial.restart()
                raise DownloadBroken('the server sent another part of the file than was asked for')
            total = None if found[2] == '*' else int(found[2])
        else:
            partial.restart()
            total = to_come
            partial.remember(response.headers)
        if total is not None and total > largest:
            raise partial.too_large(largest)
        return cls(total, to_come)
