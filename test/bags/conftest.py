"""What the tests of bags share."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bag_maker
import pytest

# Bags are read by libraries that nothing else needs: `pip install mcap rosbags`.
collect_ignore_glob = (
    [] if all(map(find_spec, ('mcap', 'rosbags', 'lz4', 'zstandard'))) else ['test_*.py']
)


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes a bag that is known by heart."""
    return lambda name, *args, **more: bag_maker.write_bag(tmp_path / name, *args, **more)


@pytest.fixture
def read_bag() -> Callable[[Path], tuple[list[Any], list[str]]]:
    """Give what reads all of a bag, and what is wrong with it."""
    return bag_maker.read_bag
