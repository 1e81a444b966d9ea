"""The public names are written down, sorted, and all there."""

from __future__ import annotations

import isaac_seg_py


def test_every_public_name_is_listed_sorted_and_there() -> None:
    names = [name for name in isaac_seg_py.__all__ if not name.startswith('__')]
    assert names == sorted(names)
    assert set(names) == set(isaac_seg_py._HOMES)
    for name in names:
        assert getattr(isaac_seg_py, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(isaac_seg_py, 'Segmentor')
