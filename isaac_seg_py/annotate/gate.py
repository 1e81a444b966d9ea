"""
Who may ask: only the page that the terminal's address opened, in a browser of this machine.

Each check keeps out something else. The address of the socket: other machines. `Host`: a web site
whose name was made to mean 127.0.0.1. `Origin`: pages of other sites. The token: other users of
this machine, and their pages on other ports; it comes in a header that no foreign page can send,
not in a cookie, which every port of this machine would be sent.
"""

from __future__ import annotations

from email.message import Message
import hmac
import secrets
from threading import Lock
from typing import Final

from .refusal import Refusal

MOST_BYTES: Final = 64 << 10
HEADERS: Final = {
    'Content-Security-Policy': "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
}
_BEARER, _TICKET = 'Bearer ', 'Ticket '


class Gate:
    """Checks the headers of a request before anything else is read of it."""

    def __init__(self, port: int) -> None:
        """Make a token for a server on that port."""
        self.token = secrets.token_urlsafe(24)
        self._ticket = ''
        self._redeeming = Lock()
        self._hosts = {f'127.0.0.1:{port}', f'localhost:{port}'}

    def check_host(self, headers: Message) -> None:
        """Refuse a request for a name that is not this machine's own."""
        if headers.get('Host', '') not in self._hosts:
            raise Refusal(
                403, f'this server answers to {", ".join(sorted(self._hosts))} only; use that'
            )

    def check_token(self, headers: Message) -> None:
        """Refuse who does not know the token."""
        if not _same(headers, _BEARER + self.token):
            raise Refusal(403, 'the token is missing or old; open the address of the terminal')

    def ticket(self) -> str:
        """Return what the page gets the token for, once: any user may read command lines."""
        self._ticket = secrets.token_urlsafe(24)
        return self._ticket

    def redeem(self, headers: Message) -> str:
        """Return the token for a ticket that nobody has used yet."""
        with self._redeeming:
            if not self._ticket or not _same(headers, _TICKET + self._ticket):
                raise Refusal(403, 'the ticket is used or wrong; open the address of the terminal')
            self._ticket = ''
        return self.token

    def check_post(self, headers: Message) -> int:
        """Return the length of a body that comes from our page, and is JSON."""
        if headers.get('Origin', '') != f'http://{headers.get("Host", "")}':
            raise Refusal(403, 'another site asks; open the address of the terminal')
        if headers.get('Content-Type', '').partition(';')[0].strip() != 'application/json':
            raise Refusal(415, 'a body of application/json is expected')
        length = headers.get('Content-Length', '')
        if 'Transfer-Encoding' in headers or not (length.isascii() and length.isdigit()):
            raise Refusal(411, 'Content-Length is missing or no number')
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise Refusal(413, f'{length} bytes came; {MOST_BYTES} are accepted')
        return int(length)


def _same(headers: Message, wanted: str) -> bool:
    given = headers.get('Authorization', '')
    return hmac.compare_digest(given.encode('utf-8', 'replace'), wanted.encode())
