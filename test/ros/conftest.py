"""Fixtures for tests on real rclpy; without it these tests skip and say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import time
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')


@pytest.fixture
def ros() -> Iterator[Any]:
    """Give a context whose nodes spin in a thread."""
    from isaac_seg_py.ros.background import Background

    with Background() as background:
        yield background


@pytest.fixture
def until() -> Callable[..., None]:
    """Give a function that waits for a condition, and fails with words when it stays false."""

    def wait(
        condition: Callable[[], Any], what: str = 'the condition', seconds: float = 20
    ) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f'{what} did not happen within {seconds} s')
            time.sleep(0.002)

    return wait
