"""Fixtures of the annotation page: networks, pictures, and a server that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
import sys
import threading
from typing import Any

import cv2
from isaac_seg_py.annotate.document import Document
from isaac_seg_py.annotate.pictures import Pictures
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.annotate.session import Session
from isaac_seg_py.promptable import PromptableSegmenter
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Give a manifest of networks whose masks are known."""
    from sam_pair import write_pair

    return str(write_pair(tmp_path))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give a folder with a black, a white and a grey picture, of 128x96, 64x64 and 200x50."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    for name, size, light in (('a', (96, 128), 0), ('b', (64, 64), 255), ('c', (50, 200), 128)):
        cv2.imwrite(str(folder / f'{name}.png'), np.full((*size, 3), light, np.uint8))
    return folder


@pytest.fixture
def serve(tmp_path: Path, model: str, photos: Path) -> Iterator[Callable[..., PageServer]]:
    """Give a function that starts a server, of `photos` if nothing else is asked for."""
    with ExitStack() as stack:

        def start(
            *inputs: str,
            labels: tuple[str, ...] = ('car', 'person'),
            file: str = 'marks.json',
            live: Any = None,
            as_polygons: bool = False,
        ) -> PageServer:
            document = Document(tmp_path / file, labels, as_polygons=as_polygons)
            shown = inputs if inputs or live else (str(photos),)
            session = Session(PromptableSegmenter.open(model), Pictures(shown), document, live)
            stack.enter_context(session)
            server = stack.enter_context(PageServer(session))
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server

        yield start
