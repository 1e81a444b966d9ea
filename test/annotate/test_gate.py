"""Nobody but the page is answered, and nothing but what it may ask."""

from __future__ import annotations

from collections.abc import Callable
import json
import socket

from isaac_seg_py.annotate.gate import MOST_BYTES
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.errors import ConfigError
from page_client import PageClient
import pytest

ASK = {'clicks': {'points': [[5, 5]], 'labels': [1], 'box': None}, 'page': 'p', 'turn': 1}


@pytest.fixture
def client(serve: Callable[..., PageServer]) -> PageClient:
    """Give a page of a server that runs."""
    return PageClient(serve().address)


def test_it_listens_on_this_machine_only(serve: Callable[..., PageServer]) -> None:
    assert serve().server_address[0] == '127.0.0.1'


@pytest.mark.parametrize(
    ('host', 'status'),
    [('127.0.0.1', 200), ('localhost', 200), ('evil.example', 403), ('127.0.0.1.evil', 403)],
)
def test_other_names_of_this_machine_are_refused(
    client: PageClient, host: str, status: int
) -> None:
    port = client.host.partition(':')[2]
    for path in ('/', '/api/session'):
        assert client.send('GET', path, Host=f'{host}:{port}')[0] == status


def test_a_host_without_the_port_is_refused(client: PageClient) -> None:
    assert client.send('GET', '/', Host='127.0.0.1')[0] == 403


@pytest.mark.parametrize('given', [None, '', 'Bearer ', 'Bearer wrong', 'Bearer é'])
def test_without_the_token_nothing_is_told_or_done(client: PageClient, given: str | None) -> None:
    paths = ('/api/session', '/api/pictures/0', '/api/pictures/0/image', '/api/live')
    for path in paths:
        assert client.send('GET', path, Authorization=given)[0] == 403
    for path in ('/api/save', '/api/objects/1/remove', '/api/freeze'):
        assert client.send('POST', path, b'{}', Authorization=given)[0] == 403
    # The token is not told to who has none.
    assert client.token.encode() not in client.send('GET', '/', Authorization=None)[2]


@pytest.mark.parametrize(
    ('changed', 'status'),
    [
        ({'Origin': None}, 403),
        ({'Origin': 'null'}, 403),
        ({'Origin': 'http://evil.example'}, 403),
        ({'Origin': 'http://127.0.0.1:1'}, 403),
        ({'Content_Type': 'text/plain'}, 415),
        ({'Content_Type': None}, 415),
        ({'Content_Length': 'x'}, 411),
        ({'Content_Length': '-1'}, 411),
        ({'Transfer_Encoding': 'chunked'}, 411),
        ({'Content_Length': str(MOST_BYTES + 1)}, 413),
        ({'Content_Length': '9' * 40}, 413),
    ],
)
def test_a_post_of_another_site_or_form_is_refused(
    client: PageClient, changed: dict[str, str | None], status: int
) -> None:
    assert client.send('POST', '/api/save', b'{}', **changed)[0] == status
    assert client.send('POST', '/api/save', b'{}')[0] == 200


@pytest.mark.parametrize(
    'body',
    [
        b'', b'{', b'[]', b'null', b'\xff', b'[' * 60000, b'{"clicks": 1}',
        json.dumps({**ASK, 'more': 1}).encode(),
        json.dumps({**ASK, 'turn': True}).encode(),
        json.dumps({**ASK, 'turn': '1'}).encode(),
        json.dumps(ASK).replace('"turn": 1', '"turn": 1, "turn": 2').encode(),
        json.dumps(ASK).replace('5, 5', 'NaN, 5').encode(),
        json.dumps(ASK).replace('5, 5', '1e999, 5').encode(),
        json.dumps(ASK).replace('5, 5', '9' * 5000 + ', 5').encode(),
        json.dumps(ASK).replace('5, 5', '5').encode(),
        json.dumps(ASK).replace('5, 5', '5, 5000').encode(),
        json.dumps(ASK).replace('5, 5', '"5", 5').encode(),
        json.dumps(ASK).replace('[1]', '[2]').encode(),
        json.dumps(ASK).replace('[1]', '[1, 1]').encode(),
        json.dumps(ASK).replace('null', '[9, 9, 1, 1]').encode(),
        json.dumps(ASK).replace('null', '[1, 1, 9]').encode(),
        json.dumps({**ASK, 'clicks': {'points': [], 'labels': [], 'box': None}}).encode(),
        json.dumps(
            {**ASK, 'clicks': {'points': [[1, 1]] * 101, 'labels': [1] * 101, 'box': None}}
        ).encode(),
    ],
    ids=range(23),
)  # fmt: skip
def test_a_body_that_is_wrong_is_told_in_a_sentence(client: PageClient, body: bytes) -> None:
    status, _, answer = client.send('POST', '/api/pictures/0/ask', body)
    assert status == 400
    assert len(json.loads(answer)['error']) > 10
    # The server is as well as before.
    assert client.post('/api/pictures/0/ask', **ASK)['score'] > 0


@pytest.mark.parametrize(
    'path',
    [
        '/api/pictures/3', '/api/pictures/999999999/image', '/api/pictures/-1', '/api/pictures/',
        '/api/pictures/../../etc/passwd', '/api/pictures/%2e%2e', '/api/pictures/0/../0',
        '/../setup.py', '/page/index.html', '/__init__.py', '/api', '/api/objects',
        '/api/live',
    ],
)  # fmt: skip
def test_nothing_else_can_be_read(client: PageClient, path: str) -> None:
    status, _, body = client.send('GET', path)
    assert status == 404
    assert 'error' in json.loads(body)


@pytest.mark.parametrize('path', ['/api/objects/7', '/api/objects/7/remove', '/api/nothing'])
def test_nothing_else_can_be_done(client: PageClient, path: str) -> None:
    fields = {'category': 1, 'name': 'x'} if path.endswith('7') else {}
    assert client.try_post(path, **fields)[0] == 404


def test_every_answer_has_the_headers_that_protect_the_page(client: PageClient) -> None:
    for path, token in (('/', None), ('/annotate.js', None), ('/api/session', 'Bearer no')):
        _, headers, _ = client.send('GET', path, Authorization=token)
        assert "default-src 'self'" in headers['Content-Security-Policy']
        assert headers['X-Content-Type-Options'] == 'nosniff'
        assert headers['Cache-Control'] == 'no-store'
        assert headers['X-Frame-Options'] == 'DENY'


def test_a_socket_that_sends_nothing_delays_nobody(client: PageClient) -> None:
    name, port = client.host.split(':')
    with socket.create_connection((name, int(port))) as silent:
        silent.sendall(b'POST /api/save HTTP/1.1\r\n')
        assert client.get('/api/session')['pictures'] == 3


def test_a_port_that_is_taken_is_told(serve: Callable[..., PageServer]) -> None:
    server = serve()
    with pytest.raises(ConfigError, match='Choose another --port'):
        PageServer(server.session, server.server_port)
    with pytest.raises(ConfigError, match='--port'):
        PageServer(server.session, 70000)


def test_a_ticket_is_good_once(
    serve: Callable[..., PageServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    client = PageClient(server.address)
    opened: list[str] = []
    monkeypatch.setattr('webbrowser.open', lambda address: opened.append(address) or True)
    for wrong in ('Ticket ', f'Ticket {client.token}', None):
        assert client.send('POST', '/api/ticket', b'{}', Authorization=wrong)[0] == 403
    assert server.open_page()
    # What stands on a command line is not the token, and of no use once the page is there.
    base, _, ticket = opened[0].partition('#ticket=')
    assert base == f'http://{client.host}/' and client.token not in opened[0]
    given = f'Ticket {ticket}'
    assert client.send('POST', '/api/ticket', b'{}', Authorization=given, Origin='x')[0] == 403
    status, _, body = client.send('POST', '/api/ticket', b'{}', Authorization=given)
    assert (status, json.loads(body)) == (200, {'token': client.token})
    assert client.send('POST', '/api/ticket', b'{}', Authorization=given)[0] == 403
    assert client.send('GET', '/api/session', Authorization=f'Bearer {ticket}')[0] == 403
