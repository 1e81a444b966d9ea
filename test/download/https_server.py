"""A server over https that serves one file in the many ways in which servers do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
import http.server
from pathlib import Path
import re
import ssl
import threading
from typing import Any

from isaac_seg_py.catalog.download import download

CERTIFICATE = Path(__file__).with_name('localhost.pem')


@dataclass
class Served:
    """What is served, how, and what was asked for."""

    data: bytes
    etag: str = '"one"'
    modified: str = 'Mon, 02 Mar 2026 10:00:00 GMT'
    ranges: bool = True
    chunked: bool = False
    cut_after: list[int] = field(default_factory=list)  # bytes that each of the next answers has
    statuses: list[int] = field(default_factory=list)  # of the next answers
    silent_after: int | None = None
    wrong_range: bool = False
    location: str = ''
    encoding: str = ''
    asked: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    served: Served

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer as told."""
        served = self.served
        served.asked.append(dict(self.headers.items()))
        self.close_connection = True
        if self.path == '/moved':
            self._head(302, {'Location': served.location, 'Content-Length': '0'})
            return
        if served.statuses:
            self._head(served.statuses.pop(0), {'Content-Length': '0'})
            return
        start = self._start()
        if start and start >= len(served.data):
            beyond = {'Content-Range': f'bytes */{len(served.data)}', 'Content-Length': '0'}
            self._head(416, beyond)
            return
        body = served.data[start:]
        head = {'Content-Length': str(len(body))}
        if served.chunked:
            head = {'Transfer-Encoding': 'chunked'}
        if served.etag:
            head['ETag'] = served.etag
        if served.modified:
            head['Last-Modified'] = served.modified
        if served.encoding:
            head['Content-Encoding'] = served.encoding
        if start:
            first = start + 1 if served.wrong_range else start
            head['Content-Range'] = f'bytes {first}-{len(served.data) - 1}/{len(served.data)}'
        self._head(206 if start else 200, head)
        self._send(body)

    def _start(self) -> int:
        """Return where to begin: a range counts if the file is still the one that is meant."""
        served = self.served
        found = re.match(r'bytes=(\d+)-$', self.headers.get('Range', ''))
        same = self.headers.get('If-Range') in (None, served.etag, served.modified)
        return int(found[1]) if found and same and served.ranges else 0

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, body: bytes) -> None:
        served = self.served
        if served.cut_after:
            body = body[: served.cut_after.pop(0)]
        elif served.chunked:
            body = b'%x\r\n%b\r\n0\r\n\r\n' % (len(body), body)
        with suppress(OSError):
            if served.silent_after is not None:
                self.wfile.write(body[: served.silent_after])
                served.released.wait(30)
                return
            self.wfile.write(body)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Pass over connections that break; some are meant to."""


@contextmanager
def serve(served: Served) -> Iterator[str]:
    """Serve until the end of the block; gives the address."""
    handler = type('Handler', (_Handler,), {'served': served})
    with _Server(('localhost', 0), handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
        thread.start()
        try:
            yield f'https://localhost:{server.server_port}'
        finally:
            served.released.set()
            server.shutdown()
            thread.join()


def fetch(url: str, target: Path, **more: Any) -> None:
    """Download without waiting between attempts."""
    download(url, target, pause=0.0, **{'timeout': 10.0, **more})


def left_over(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
