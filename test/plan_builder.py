"""What builds plans in the tests of the cache, and counts them."""

from __future__ import annotations

from typing import Any


class Builder:
    """Counts how often it builds."""

    def __init__(self, plan: bytes = b'a plan') -> None:
        self.plan = plan
        self.count = 0

    def __call__(self) -> tuple[bytes, dict[str, Any]]:
        self.count += 1
        return self.plan, {'model': 'net.onnx'}
