"""A number of things in words."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """Return `1 image`, `2 images`."""
    return f'{count} {thing}{"s" * (count != 1)}'
