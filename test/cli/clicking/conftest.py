"""Fixtures of `isaac-seg click`: a desk with networks that follow colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clicked_boxes import frame, Saved
from isaac_seg_py.cli.clicking.desk import ClickDesk
from isaac_seg_py.track.tracker import VideoTracker
import pytest


@pytest.fixture(scope='module')
def opened(color_networks: Path) -> Iterator[VideoTracker]:
    """Give the networks, opened once."""
    with VideoTracker.open(color_networks, backend='onnxruntime', threads=1) as tracker:
        yield tracker


@pytest.fixture
def saved() -> Saved:
    """Give the list of what is saved."""
    return Saved()


@pytest.fixture
def desk(opened: VideoTracker, saved: Saved) -> ClickDesk:
    """Give a desk that has taken a first picture."""
    opened.clear()
    made = ClickDesk(opened, 10.0, saved)
    made.take(frame())
    return made
