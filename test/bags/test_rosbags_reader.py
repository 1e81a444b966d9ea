"""Folders that we write, read by rosbags' own reader, which knows nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.reference


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_rosbags_reads_the_same_messages(
    write_bag: Callable[..., Path],
    read_bag: Callable[[Path], tuple[list[Any], list[str]]],
    storage: str,
) -> None:
    for name in ('apsw', 'ruamel.yaml', 'backports.zstd'):
        pytest.importorskip(name, reason='pip install rosbags, with all that it wants')
    from rosbags.rosbag2 import Reader

    folder = write_bag('bag', storage)
    ours = [(r.topic.name, r.topic.type, r.log_time, bytes(r.data)) for r in read_bag(folder)[0]]
    with Reader(folder) as reader:
        theirs = [(c.topic, c.msgtype, t, bytes(d)) for c, t, d in reader.messages()]
        assert reader.message_count == 15
        assert reader.duration == ours[-1][2] - ours[0][2] + 1
        (camera,) = (c for c in reader.connections if c.topic == '/cam/image')
        assert camera.msgcount == 5
        assert camera.digest.startswith('RIHS01_')
        assert 'uint8 is_bigendian' in camera.msgdef.data
    assert theirs == ours
