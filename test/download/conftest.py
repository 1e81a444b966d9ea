"""What the tests of downloads share: a server over https, and how to fetch from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import random
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from https_server import CERTIFICATE, serve, Served


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Give a file to serve by a server that is trusted, and a user who has fetched nothing."""
    monkeypatch.setenv('SSL_CERT_FILE', str(CERTIFICATE))
    monkeypatch.setenv('no_proxy', 'localhost')
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    return Served(random.Random(0).randbytes(300_000))


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    """Give the address of the file."""
    with serve(served) as address:
        yield f'{address}/net.onnx'
