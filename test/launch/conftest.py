"""What launch leaves open is not ours: it is collected before pytest looks for leaks."""

from __future__ import annotations

from collections.abc import Generator
import gc
from typing import Any
import warnings

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: Any) -> Generator[None, Any, Any]:
    """Collect launch's event loop and sockets, which it does not close, without their warnings."""
    done = yield
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ResourceWarning)
        gc.collect()
    return done


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Let pass what pytest itself collects of it in the middle of a test."""
    for item in items:
        item.add_marker(
            pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')
        )
