"""Input that nobody should send: settings of hypothesis, and a bound of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import tracemalloc

import pytest

hypothesis = pytest.importorskip('hypothesis', reason='pip install hypothesis')
# The same cases each time, so that a failure is one of the change at hand.
hypothesis.settings.register_profile(
    'hostile', derandomize=True, deadline=None, max_examples=200, database=None,
    # Who is slow to make cases may be a machine that does other work.
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile('hostile')

Bounded = Callable[[int], object]


@contextmanager
def _bounded(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= most, f'{peak} bytes were taken, {most} at most are in proportion'


@pytest.fixture(scope='session')
def bounded() -> Bounded:
    """Give a context that fails when more bytes are allocated in it."""
    return _bounded
