"""One connection of the page: finds what is asked for, and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from importlib import resources
import json
import re
import traceback
from typing import Any, Final, TYPE_CHECKING

from .clicks import Clicks
from .gate import HEADERS
from .refusal import Refusal
from .requests import read_fields
from .session import Session
from ..errors import InputError, SegmentationError

if TYPE_CHECKING:
    from .server import PageServer

_TYPES: Final = {
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}
_JSON: Final = 'application/json'
_JPEG: Final = 'image/jpeg'
_PATIENCE_S: Final = 30.0
_TICKETS: Final = '/api/ticket'

Fields = dict[str, Any]
_CLASSED: Final[Mapping[str, type]] = {'category': int, 'name': str}

# What can be read, by its path; numbers in a path stand for pictures and objects.
_READS: Final[dict[str, tuple[str, Callable[..., Any]]]] = {
    '/api/session': (_JSON, Session.overview),
    '/api/pictures/#': (_JSON, Session.picture),
    '/api/pictures/#/image': (_JPEG, Session.jpeg),
    '/api/live': (_JPEG, Session.live_jpeg),
}
# What can be done, by its path, with the fields that it takes.
_DEEDS: Final[dict[str, tuple[Mapping[str, type], Callable[..., Any]]]] = {
    '/api/pictures/#/encode': ({}, Session.encode),
    '/api/pictures/#/ask': (
        {'clicks': dict, 'page': str, 'turn': int},
        lambda session, index, clicks, **more: session.ask(
            index, Clicks.from_json(clicks), **more
        ),
    ),
    '/api/pictures/#/follow': ({'objects': list}, Session.follow),
    '/api/objects': ({'answer': int, 'replaces': int, **_CLASSED}, Session.keep),
    '/api/objects/#': (_CLASSED, Session.change),
    '/api/objects/#/remove': ({}, Session.remove),
    '/api/objects/#/restore': ({}, Session.restore),
    '/api/categories': ({'name': str}, Session.add_category),
    '/api/freeze': ({}, Session.freeze),
    '/api/save': ({}, Session.save),
}


def page_files() -> dict[str, tuple[str, bytes]]:
    """Return the type and the content of each file of the page, by its path."""
    found = {}
    for file in (resources.files(__package__) / 'page').iterdir():
        kind = _TYPES.get('.' + file.name.rpartition('.')[2])
        if kind is not None:
            name = '' if file.name == 'index.html' else file.name
            found[f'/{name}'] = kind, file.read_bytes()
    return found


class Handler(BaseHTTPRequestHandler):
    """Answers requests one after the other; nothing that comes is ever taken for a path."""

    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = _PATIENCE_S
    # Headers and body leave together.
    wbufsize = -1
    server: PageServer
    server_version = 'isaac-seg'
    sys_version = ''

    def do_GET(self) -> None:
        """Send the page, or something that it reads."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Do what the page asks for."""
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say what was asked for, where somebody wants to know."""
        if self.server.verbose:
            super().log_message(format, *args)

    def _get(self) -> tuple[str, bytes]:
        path = self.path.partition('?')[0]
        if path in self.server.files:
            return self.server.files[path]
        self.server.gate.check_token(self.headers)
        (kind, read), numbers = self._found(_READS, path)
        return kind, _packed(read(self.server.session, *numbers))

    def _post(self) -> tuple[str, bytes]:
        gate = self.server.gate
        length = gate.check_post(self.headers)
        if self.path == _TICKETS:
            token = gate.redeem(self.headers)
            self.rfile.read(length)
            return _JSON, _packed({'token': token})
        gate.check_token(self.headers)
        body = self.rfile.read(length)
        (kinds, do), numbers = self._found(_DEEDS, self.path)
        return _JSON, _packed(do(self.server.session, *numbers, **read_fields(body, kinds)))

    def _found(self, table: Mapping[str, Any], path: str) -> tuple[Any, list[int]]:
        numbers = [int(digits) for digits in re.findall(r'(?<=/)[0-9]{1,9}(?=/|$)', path)]
        found = None if '#' in path else table.get(re.sub(r'(?<=/)[0-9]{1,9}(?=/|$)', '#', path))
        if found is None:
            raise Refusal(404, 'there is nothing of this name')
        return found, numbers

    def _answer(self, work: Callable[[], tuple[str, bytes]]) -> None:
        status = 200
        try:
            self.server.gate.check_host(self.headers)
            kind, content = work()
        except (ConnectionError, TimeoutError):
            # Who asked has gone, or did not send what was promised.
            self.close_connection = True
            return
        except Exception as error:
            # What is left of the request is not read.
            self.close_connection = True
            status, text = self._problem(error)
            kind, content = _JSON, json.dumps({'error': text}).encode()
        try:
            self.send_response(status)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(content)))
            if self.close_connection:
                self.send_header('Connection', 'close')
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def _problem(self, error: Exception) -> tuple[int, str]:
        if isinstance(error, Refusal):
            return error.status, str(error)
        if isinstance(error, SegmentationError):
            return 400 if isinstance(error, (InputError, ValueError)) else 500, str(error)
        # A fault of ours is told, however quiet the log is.
        traceback.print_exc()
        return 500, f'{type(error).__name__}: {error}. This is an error of isaac-seg'


def _packed(answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer, allow_nan=False).encode()
