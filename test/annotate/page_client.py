"""Asks the server as the page does, or as nobody should."""

from __future__ import annotations

import http.client
import json
from typing import Any

from isaac_seg_py import rle
import numpy as np


class PageClient:
    """One page: knows the token, and sends the headers that a browser sends."""

    def __init__(self, address: str) -> None:
        """Take the address that the terminal shows."""
        self.host, _, self.token = address.removeprefix('http://').partition('/#')
        self.turn = 0

    def send(
        self, method: str, path: str, body: bytes | None = None, **changed: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; `changed` are headers, None leaves one out."""
        headers: dict[str, str | None] = {'Authorization': f'Bearer {self.token}'}
        if method == 'POST':
            headers |= {'Origin': f'http://{self.host}', 'Content-Type': 'application/json'}
        headers |= {name.replace('_', '-'): value for name, value in changed.items()}
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            sent = {name: value for name, value in headers.items() if value is not None}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return the JSON of an answer that says yes."""
        status, _, body = self.send('GET', path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, **fields: Any) -> Any:
        """Return the JSON of an answer that says yes."""
        status, body = self.try_post(path, **fields)
        assert status == 200, body
        return body

    def try_post(self, path: str, **fields: Any) -> tuple[int, Any]:
        """Return the status and the JSON of any answer."""
        status, _, body = self.send('POST', path, json.dumps(fields).encode())
        return status, json.loads(body)

    def ask(self, picture: int, *points: tuple[float, float, int], box: Any = None) -> Any:
        """Return the mask of points x, y, label and a box."""
        self.turn += 1
        clicks = {
            'points': [[x, y] for x, y, _ in points],
            'labels': [label for _, _, label in points],
            'box': box,
        }
        return self.post(f'/api/pictures/{picture}/ask', clicks=clicks, page='p', turn=self.turn)

    def keep(self, answer: Any, category: int = 1, name: str = '', replaces: int = 0) -> Any:
        """Make a mask an object."""
        return self.post(
            '/api/objects', answer=answer['answer'], category=category, name=name,
            replaces=replaces,
        )  # fmt: skip


def mask_of(answer: Any) -> np.ndarray:
    """Return the mask of an answer."""
    return rle.decode(answer['mask'])
