"""Bags that were cut off or damaged: what can be read is kept, the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sqlite3
from typing import Any

from isaac_seg_py.bags.opening import make_bag, open_bag
from isaac_seg_py.bags.records import BagMessage, Topic
from isaac_seg_py.errors import ConfigError
import numpy as np
import pytest

Write = Callable[..., Path]
Read = Callable[[Path], tuple[list[Any], list[str]]]


@pytest.fixture
def large_mcap(tmp_path: Path) -> Path:
    """Give an MCAP file of 40 messages of noise in chunks of about four."""
    from mcap.writer import CompressionType, Writer

    path = tmp_path / 'large.mcap'
    random = np.random.default_rng(800_003)
    with path.open('wb') as file:
        writer = Writer(file, chunk_size=40_000, compression=CompressionType.ZSTD)
        writer.start()
        schema = writer.register_schema('a/msg/A', 'ros2msg', b'int32 x')
        channel = writer.register_channel('/a', 'cdr', schema)
        for number in range(40):
            data = random.integers(0, 256, 10_000, np.uint8).tobytes()
            writer.add_message(channel, number, data, number)
        writer.finish()
    return path


@pytest.mark.parametrize('share', [0.95, 0.5, 0.13])
def test_the_beginning_of_a_cut_mcap_is_read(
    large_mcap: Path, read_bag: Read, share: float
) -> None:
    whole, _ = read_bag(large_mcap)
    assert len(whole) == 40
    content = large_mcap.read_bytes()
    large_mcap.write_bytes(content[: int(len(content) * share)])
    records, faults = read_bag(large_mcap)
    # Whole messages of the chunk that was cut are found as well.
    assert len(records) == pytest.approx(40 * share, abs=1.5)
    assert [r.data for r in records] == [r.data for r in whole[: len(records)]]
    assert 'is cut off or damaged: its last' in faults[0]


def test_an_mcap_without_its_summary_is_whole(large_mcap: Path, read_bag: Read) -> None:
    content = large_mcap.read_bytes()
    # The data ends with a record of 15 bytes: kind, length, checksum.
    end = content.index(b'\x0f' + (4).to_bytes(8, 'little')) + 13
    large_mcap.write_bytes(content[:end])
    records, faults = read_bag(large_mcap)
    assert len(records) == 40
    assert not faults
    with open_bag(large_mcap) as reader:
        assert {topic.name: count for topic, count in reader.topics().items()} == {'/a': 40}


def test_one_damaged_chunk_costs_only_itself(large_mcap: Path, read_bag: Read) -> None:
    content = bytearray(large_mcap.read_bytes())
    content[len(content) // 2] ^= 0xFF
    large_mcap.write_bytes(content)
    records, faults = read_bag(large_mcap)
    assert 34 <= len(records) <= 37
    assert records[-1].log_time == 39
    assert len(faults) == 1
    assert 'of large.mcap is damaged' in faults[0]


@pytest.mark.parametrize('seed', range(40))
def test_no_damage_ends_in_a_traceback(large_mcap: Path, read_bag: Read, seed: int) -> None:
    random = np.random.default_rng(seed)
    content = np.frombuffer(large_mcap.read_bytes(), np.uint8).copy()
    # Damage in headers and records, where it hurts, as much as anywhere.
    places = random.integers(0, 400 if seed % 2 else content.size, 5) + 8
    content[places] = random.integers(0, 256, 5)
    if seed % 3 == 0:
        # And in the footer, where the summary is looked for.
        content[-30:-20] = random.integers(0, 256, 10)
    large_mcap.write_bytes(content.tobytes())
    records, _ = read_bag(large_mcap)
    assert len(records) <= 40
    with open_bag(large_mcap) as reader:
        assert len(reader.topics()) <= 2


@pytest.mark.parametrize('seed', range(40))
def test_no_damage_of_sqlite_ends_in_a_traceback(
    write_bag: Write, read_bag: Read, seed: int
) -> None:
    (path,) = write_bag('bag', 'sqlite3').glob('*.db3')
    random = np.random.default_rng(seed)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    places = random.integers(0, 4096 if seed % 2 else content.size - 16, 8) + 16
    content[places] = random.integers(0, 256, 8)
    path.write_bytes(content.tobytes())
    try:
        records, _ = read_bag(path)
    except ConfigError as error:
        assert 'an SQLite file but no bag that can be read' in str(error)
    else:
        assert len(records) <= 16


def test_a_cut_sqlite_bag_gives_what_is_there(tmp_path: Path, read_bag: Read) -> None:
    random = np.random.default_rng(800_004)
    data = [random.integers(0, 256, 10_000, np.uint8).tobytes() for _ in range(60)]
    with make_bag(tmp_path / 'bag', 'sqlite3') as writer:
        for number, one in enumerate(data):
            writer.write(BagMessage(Topic('/a', 'a/msg/A'), number, number, one))
    (path,) = (tmp_path / 'bag').glob('*.db3')
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    records, faults = read_bag(tmp_path / 'bag')
    assert 20 <= len(records) <= 31
    assert all(record.data == data[record.log_time] for record in records)
    assert 'is cut off or damaged' in faults[0]


def test_a_damaged_page_of_sqlite_costs_only_its_messages(tmp_path: Path, read_bag: Read) -> None:
    with make_bag(tmp_path / 'bag', 'sqlite3') as writer:
        for number in range(2000):
            data = number.to_bytes(100, 'big')
            writer.write(BagMessage(Topic('/a', 'a/msg/A'), number, number, data))
    (path,) = (tmp_path / 'bag').glob('*.db3')
    content = bytearray(path.read_bytes())
    at = content.index((1000).to_bytes(100, 'big')) // 4096 * 4096
    content[at : at + 4096] = bytes(4096)
    path.write_bytes(content)
    records, faults = read_bag(tmp_path / 'bag')
    times = [record.log_time for record in records]
    assert 1950 < len(times) < 2000
    assert times[0] == 0
    assert times[-1] == 1999
    assert 1000 not in times
    assert f'{2000 - len(times)} messages in the middle and ' in faults[0]


def test_a_recording_that_was_killed_still_has_its_journal(
    tmp_path: Path, write_bag: Write, read_bag: Read
) -> None:
    folder = write_bag('bag', 'sqlite3')
    (path,) = folder.glob('*.db3')
    rows = sqlite3.connect(path)
    rows.execute('PRAGMA journal_mode=WAL')
    rows.execute('INSERT INTO messages SELECT NULL, topic_id, timestamp, data FROM messages')
    rows.commit()
    copy = tmp_path / 'killed'
    copy.mkdir()
    for file in folder.glob('*.db3*'):
        (copy / file.name).write_bytes(file.read_bytes())
    rows.close()
    assert len(list(copy.iterdir())) > 1, 'the journal is there'
    records, faults = read_bag(copy)
    assert len(records) == 30
    assert not faults
