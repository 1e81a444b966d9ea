"""What the tests of SAM 2 share: networks that follow colours, and a scene for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import sys
from typing import Any

# Makers that these tests share lie beside this file.
sys.path.insert(0, str(Path(__file__).parent))

from isaac_seg_py import VideoTracker
import pytest
from sam2_color_networks import write_color_networks


@pytest.fixture(scope='session')
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the manifest of the networks that follow colours."""
    return write_color_networks(tmp_path_factory.mktemp('colours'))


@pytest.fixture
def tracker(colors: Path) -> Iterator[Callable[..., VideoTracker]]:
    """Give what opens a tracker, which is closed at the end."""
    opened: list[VideoTracker] = []

    def make(**settings: Any) -> VideoTracker:
        given = {'backend': 'onnxruntime', 'threads': 1, **settings}
        opened.append(VideoTracker.open(str(colors), **given))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
