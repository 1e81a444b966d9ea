"""What the tests of bags share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

for name in ('mcap', 'rosbags', 'lz4', 'zstandard'):
    pytest.importorskip(name, reason=f'{name} is not installed; make test installs it')

import bag_maker  # noqa: E402


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes a bag that is known by heart."""
    return lambda name, *args, **more: bag_maker.write_bag(tmp_path / name, *args, **more)


@pytest.fixture
def read_bag() -> Callable[[Path], tuple[list[Any], list[str]]]:
    """Give what reads all of a bag, and what is wrong with it."""
    return bag_maker.read_bag
