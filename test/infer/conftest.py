"""A Triton server for the tests of this folder, and how each backend opens a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from isaac_seg_py.infer import Backend, open_backend
from isaac_seg_py.infer.choice import why_not
import pytest
from triton_server import missing, TritonServer


@pytest.fixture(scope='session')
def triton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """Give a server that runs; skip where there is none."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    server = TritonServer(tmp_path_factory.mktemp('triton'))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_on(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Backend]]:
    """Give what opens an ONNX file on a backend, or skips where that cannot run."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    served: list[tuple[TritonServer, str]] = []

    def opened(backend: str, path: Path, **settings: Any) -> Backend:
        if backend == 'triton':
            server = request.getfixturevalue('triton_server')
            served.append((server, server.add(path)))
            # A busy machine may take long for a frame.
            waits = {'request_timeout': 30.0, 'server_timeout': 60.0}
            settings = {**waits, **settings, 'model_name': served[-1][1], 'server_url': server.url}
        elif reason := why_not(backend):
            pytest.skip(reason)
        # The answers of the tables are exact, and float32 is what gives them everywhere.
        settings = {'precision': 'fp32', 'max_batch_size': 4, **settings}
        return open_backend(path, backend=backend, **settings)

    yield opened
    for server, name in served:
        server.remove(name)
