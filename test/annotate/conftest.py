"""Fixtures of the annotation page: networks, pictures, and a server that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
import json
from pathlib import Path
import sys
import threading
from typing import Any

import cv2
from isaac_seg_py.annotate.document import Document
from isaac_seg_py.annotate.follower import Follower
from isaac_seg_py.annotate.pictures import Pictures
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.annotate.session import Session
from isaac_seg_py.picture_files import write_image
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_video, Scene
from isaac_seg_py.track.tracker import VideoTracker
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


@pytest.fixture(scope='module')
def clip() -> list[Scene]:
    """Give twelve frames of a scene with two objects that move."""
    return make_video(830_005, 12, (240, 320), objects=2)


@pytest.fixture
def frames(clip: list[Scene], tmp_path: Path) -> Path:
    """Give a folder with these frames as pictures."""
    folder = tmp_path / 'frames'
    folder.mkdir()
    for number, scene in enumerate(clip):
        write_image(folder / f'frame_{number:02d}.png', scene.image)
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
            sam: str = '',
            as_polygons: bool = False,
        ) -> PageServer:
            document = Document(tmp_path / file, labels, as_polygons=as_polygons)
            shown = inputs if inputs or live else (str(photos),)
            follower = Follower(lambda: VideoTracker.open('tiny-sam2'))
            network = PromptableSegmenter.open(sam or model)
            session = Session(network, Pictures(shown), document, follower, live)
            stack.enter_context(session)
            server = stack.enter_context(PageServer(session))
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server

        yield start


@pytest.fixture(scope='session')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a browser that is nobody's."""
    from webdriver import Browser

    with Browser(tmp_path_factory.mktemp('profile')) as browser:
        yield browser


@pytest.fixture
def page(serve: Callable[..., PageServer], browser: Any) -> Iterator[Any]:
    """Give the page of three pictures; the browser has nothing to complain of at the end."""
    from driven_page import DrivenPage

    yield DrivenPage(browser, serve().address)
    assert browser.complaints() == []


@pytest.fixture
def entries(tmp_path: Path) -> Callable[[], list[Any]]:
    """Give a function that reads the annotations of the file."""
    return lambda: json.loads((tmp_path / 'marks.json').read_text())['annotations']
