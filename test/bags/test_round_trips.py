"""What is written is read back, by us and by readers that are not ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sqlite3
from typing import Any

import bag_maker
from isaac_seg_py.bags.opening import make_bag, open_bag
from isaac_seg_py.bags.records import BagMessage, Topic
from isaac_seg_py.errors import ConfigError
import pytest
import yaml

Write = Callable[..., Path]
Read = Callable[[Path], tuple[list[Any], list[str]]]


def plain(records: list[Any], times: bool = True) -> list[Any]:
    """Return what can be compared; SQLite bags have one time only."""
    return [
        (r.topic.name, r.topic.type, r.log_time, r.publish_time if times else 0, bytes(r.data))
        for r in records
    ]


@pytest.mark.parametrize('compression', ['zstd', 'lz4', 'none'])
def test_an_mcap_file_gives_back_every_byte(
    write_bag: Write, read_bag: Read, tmp_path: Path, compression: str
) -> None:
    path = write_bag('a.mcap', compression=compression)
    records, faults = read_bag(path)
    assert not faults
    assert len(records) == 15
    assert records[0].publish_time == records[0].log_time - 2
    assert [r.sequence for r in records if r.topic.name == '/cam/image'] == [0, 1, 2, 3, 4]
    with make_bag(tmp_path / 'b.mcap', 'mcap', compression=compression) as writer:
        for record in records:
            writer.write(record)
    again, _ = read_bag(tmp_path / 'b.mcap')
    assert plain(again) == plain(records)
    assert [r.topic for r in again] == [r.topic for r in records]


def test_messages_of_mcap_are_what_its_own_decoder_reads(write_bag: Write) -> None:
    decoder = pytest.importorskip('mcap_ros2.decoder', reason='pip install mcap-ros2-support')
    from mcap.reader import make_reader

    with write_bag('a.mcap').open('rb') as file:
        found = list(
            make_reader(file, decoder_factories=[decoder.DecoderFactory()]).iter_decoded_messages(
                topics=['/cam/image', '/cam2/image/compressed', '/odd']
            )
        )
    assert len(found) == 15
    schema, channel, message, image = found[0]
    assert schema.name == 'sensor_msgs/msg/Image'
    assert channel.metadata['offered_qos_profiles'] == bag_maker.QOS
    assert message.log_time == message.publish_time + 2
    assert (image.height, image.width, image.encoding) == (12, 16, 'bgr8')
    assert image.header.frame_id == 'camera 0'
    assert bytes(image.data[:3]) == bytes([0, 0, 200])


def test_a_folder_of_sqlite_has_rows_and_metadata(write_bag: Write) -> None:
    folder = write_bag('bag', 'sqlite3')
    said = yaml.safe_load((folder / 'metadata.yaml').read_text())['rosbag2_bagfile_information']
    assert said['message_count'] == 15
    assert said['storage_identifier'] == 'sqlite3'
    counts = {
        t['topic_metadata']['name']: t['message_count'] for t in said['topics_with_message_count']
    }
    assert counts == {'/cam/image': 5, '/cam2/image/compressed': 5, '/odd': 5}
    assert '&' not in (folder / 'metadata.yaml').read_text(), 'references are not for everyone'
    (name,) = said['relative_file_paths']
    rows = sqlite3.connect(folder / name)
    found = rows.execute(
        'SELECT name, type, timestamp, length(data) FROM messages JOIN topics '
        'ON topics.id = topic_id WHERE name = "/odd" ORDER BY timestamp'
    ).fetchall()
    rows.close()
    assert [row[0] for row in found] == ['/odd'] * 5
    assert found[0][1:] == (
        'odd_msgs/msg/Odd',
        said['starting_time']['nanoseconds_since_epoch'] + 2,
        8,
    )


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_folder_gives_back_every_message(write_bag: Write, read_bag: Read, storage: str) -> None:
    expected, _ = read_bag(write_bag('a.mcap'))
    folder = write_bag('bag', storage)
    found, faults = read_bag(folder)
    assert not faults
    same_times = storage == 'mcap'
    assert plain(found, same_times) == plain(expected, same_times)
    assert {r.topic for r in found} == {r.topic for r in expected}
    (folder / 'metadata.yaml').unlink()
    assert len(read_bag(folder)[0]) == 15, 'a recording that was ended hard has no metadata'


def test_the_parts_of_a_split_bag_are_read_in_their_order(
    write_bag: Write, read_bag: Read, tmp_path: Path
) -> None:
    folder = tmp_path / 'split'
    folder.mkdir()
    for number in (0, 1):
        write_bag(f'{number}.mcap', frames=2 + number).rename(folder / f'split_{number}.mcap')
    names = ['split_1.mcap', 'split_0.mcap', 'split_2.mcap']
    said = {'rosbag2_bagfile_information': {'relative_file_paths': names}}
    (folder / 'metadata.yaml').write_text(yaml.safe_dump(said))
    records, faults = read_bag(folder)
    assert len(records) == 15
    assert records[9].log_time < records[8].log_time
    assert faults == ['split_2.mcap is missing']


def test_messages_compressed_one_by_one_are_unpacked(write_bag: Write, read_bag: Read) -> None:
    import zstandard

    folder = write_bag('bag', 'sqlite3')
    expected, _ = read_bag(folder)
    rows = sqlite3.connect(next(folder.glob('*.db3')))
    for number, data in rows.execute('SELECT id, data FROM messages').fetchall():
        packed = zstandard.compress(data)
        rows.execute('UPDATE messages SET data = ? WHERE id = ?', (packed, number))
    rows.execute("UPDATE messages SET data = CAST('no zstd' AS BLOB) WHERE id = 3")
    rows.execute("UPDATE messages SET data = 'no bytes' WHERE id = 4")
    rows.commit()
    rows.close()
    metadata = folder / 'metadata.yaml'
    metadata.write_text(
        metadata.read_text().replace("compression_mode: ''", 'compression_mode: MESSAGE')
    )
    records, faults = read_bag(folder)
    assert plain(records) == plain(expected[:2] + expected[4:])
    assert 'compressed data is damaged' in faults[0]
    assert 'message 4 of bag_0.db3 holds no bytes' in faults[1]


def test_attachments_and_metadata_stay_in_mcap(read_bag: Read, tmp_path: Path) -> None:
    from mcap.writer import Writer

    with (tmp_path / 'a.mcap').open('wb') as file:
        writer = Writer(file)
        writer.start()
        writer.add_attachment(1, 2, 'note.txt', 'text/plain', b'hello')
        writer.add_metadata('rosbag2', {'a': 'b'})
        writer.finish()
    records, _ = read_bag(tmp_path / 'a.mcap')
    with make_bag(tmp_path / 'b.mcap', 'mcap') as bag:
        assert all(bag.write_extra(record) for record in records)
    with make_bag(tmp_path / 'c', 'sqlite3') as bag:
        assert not any(bag.write_extra(record) for record in records)
    again, _ = read_bag(tmp_path / 'b.mcap')
    assert [r.record for r in again] == [r.record for r in records]
    assert len(again) == 2


def test_bags_of_older_ros_have_fewer_columns(read_bag: Read, tmp_path: Path) -> None:
    rows = sqlite3.connect(tmp_path / 'old.db3')
    rows.execute('CREATE TABLE topics(id INTEGER PRIMARY KEY, name, type, serialization_format)')
    rows.execute('CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id, timestamp, data)')
    rows.execute("INSERT INTO topics VALUES (1, '/a', 'std_msgs/msg/String', 'cdr')")
    rows.execute("INSERT INTO messages VALUES (1, 1, 7, x'00010000')")
    rows.commit()
    rows.close()
    (record,), faults = read_bag(tmp_path / 'old.db3')
    assert record.topic == Topic('/a', 'std_msgs/msg/String')
    assert (record.log_time, record.data) == (7, b'\0\1\0\0')
    assert not faults


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('a.mcap', b'', 'is no bag of ROS 2'),
        ('a.db3', b'SQLite format 3\0 and no more', 'an SQLite file but no bag'),
        ('a.bag', b'#ROSBAG V2.0\n', 'is no bag of ROS 2'),
        ('a.mcap', None, 'does not exist'),
        ('folder/', None, 'has no file of a bag'),
    ],
)
def test_what_is_no_bag_is_named(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    elif name.endswith('/'):
        path.mkdir()
    with pytest.raises(ConfigError, match=said):
        open_bag(path)


def test_only_a_bag_is_replaced(write_bag: Write, tmp_path: Path) -> None:
    folder = write_bag('bag', 'sqlite3')
    with pytest.raises(ConfigError, match='is there already; give --overwrite'):
        make_bag(folder, 'sqlite3')
    (folder / 'thesis.tex').write_text('years of work')
    with pytest.raises(ConfigError, match=r"holds 'thesis\.tex', which is of no bag"):
        make_bag(folder, 'sqlite3', overwrite=True)
    assert len(list(folder.iterdir())) == 3
    (folder / 'thesis.tex').unlink()
    make_bag(folder, 'mcap', overwrite=True).close()
    assert sorted(path.name for path in folder.iterdir()) == ['bag_0.mcap', 'metadata.yaml']
    for suffix in ('.db3', '.mp4', '.MKV'):
        with pytest.raises(ConfigError, match=rf'ends with \{suffix}; a name that ends with'):
            make_bag(tmp_path / f'x{suffix}', 'sqlite3')


def test_times_of_a_bag_are_the_earliest_and_the_latest(tmp_path: Path) -> None:
    topic = Topic('/a', 'a/msg/A')
    with make_bag(tmp_path / 'x', 'sqlite3') as writer:
        for time in (50, 20, 90, 60):
            writer.write(BagMessage(topic, time, time, b''))
    said = yaml.safe_load((tmp_path / 'x/metadata.yaml').read_text())
    said = said['rosbag2_bagfile_information']
    assert said['starting_time'] == {'nanoseconds_since_epoch': 20}
    assert said['duration'] == {'nanoseconds': 70}
