"""The server of the page: on this machine, for this user."""

from __future__ import annotations

from http.server import ThreadingHTTPServer
import sys
from typing import Any, Final
import webbrowser

from .gate import Gate
from .handler import Handler, page_files
from .session import Session
from ..errors import ConfigError

_HERE: Final = '127.0.0.1'


class PageServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only."""

    daemon_threads = True
    # Another program that was here a moment ago keeps nobody out; one that is here does.
    allow_reuse_address = True

    def __init__(self, session: Session, port: int = 0, *, verbose: bool = False) -> None:
        """Listen on a port, 0: one that is free."""
        try:
            super().__init__((_HERE, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, 'strerror', None) or error
            raise ConfigError(
                f'port {port} cannot be listened on: {reason}. Choose another --port, or 0 for '
                'one that is free'
            ) from error
        self.session, self.verbose = session, verbose
        self.files = page_files()
        self.gate = Gate(self.server_port)
        self._base = f'http://{_HERE}:{self.server_port}/'

    @property
    def address(self) -> str:
        """Return the address to open; what stands behind # never leaves the browser."""
        return f'{self._base}#{self.gate.token}'

    def open_page(self) -> bool:
        """Show the page in the user's browser; say whether there is one."""
        return webbrowser.open(f'{self._base}#ticket={self.gate.ticket()}')

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that hang up."""
        error = sys.exc_info()[1]
        if self.verbose or not isinstance(error, OSError):
            super().handle_error(request, client_address)
