"""Write the SQLite files of rosbag2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3
from typing import Any, Final

from .records import BagMessage, BagWriter, HASH_NOTE, QOS_NOTE, Topic
from ..errors import ConfigError

# The tables of rosbag2's fourth version, which Iron and newer write and older ones read.
_TABLES: Final = {
    'schema': 'schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL',
    'metadata': 'id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, '
    'metadata TEXT NOT NULL',
    'topics': 'id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, '
    'serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL, '
    'type_description_hash TEXT NOT NULL',
    'message_definitions': 'id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, '
    'encoding TEXT NOT NULL, encoded_message_definition TEXT NOT NULL, '
    'type_description_hash TEXT NOT NULL',
    'messages': 'id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, '
    'data BLOB NOT NULL',
}
_VERSION: Final = 4
_MESSAGES_AT_ONCE: Final = 100


class SqliteWriter(BagWriter):
    """Writes a .db3 file; what is committed is readable even when the process dies."""

    def __init__(self, path: Path) -> None:
        """Make the file."""
        super().__init__()
        self._path = path
        self._rows: sqlite3.Connection | None = None
        with self._told():
            self._rows = sqlite3.connect(path)
            for name, columns in _TABLES.items():
                self._rows.execute(f'CREATE TABLE {name} ({columns})')
            self._rows.execute('CREATE INDEX timestamp_idx ON messages (timestamp ASC)')
            self._rows.execute('INSERT INTO schema VALUES (?, ?)', (_VERSION, ''))
        self._numbers: dict[Topic, int] = {}
        self._types: set[str] = set()

    def add_topic(self, topic: Topic) -> None:
        """Put a topic into the file, and its type's text where there is one."""
        number = self._numbers[topic] = len(self._numbers) + 1
        type_hash = topic.note(HASH_NOTE)
        self._insert(
            'topics',
            number,
            topic.name,
            topic.type,
            topic.encoding,
            topic.note(QOS_NOTE),
            type_hash,
        )
        if topic.definition and topic.type not in self._types:
            self._types.add(topic.type)
            text = topic.definition.decode('utf-8', 'replace')
            self._insert(
                'message_definitions', None, topic.type, topic.definition_form, text, type_hash
            )

    def add_message(self, message: BagMessage) -> None:
        """Put a message into the file."""
        number = self._numbers[message.topic]
        self._insert('messages', None, number, message.log_time, message.data)
        if self._rows is not None and self.count % _MESSAGES_AT_ONCE == 0:
            with self._told():
                self._rows.commit()

    def close(self) -> None:
        """Commit the rest."""
        rows, self._rows = self._rows, None
        if rows is None:
            return
        try:
            with self._told():
                rows.commit()
        finally:
            rows.close()

    def _insert(self, table: str, *values: Any) -> None:
        if self._rows is None:
            raise ConfigError(f'bag {str(self._path)!r} is closed; write before that')
        marks = ', '.join('?' * len(values))
        with self._told():
            self._rows.execute(f'INSERT INTO {table} VALUES ({marks})', values)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into an error of one sentence."""
        try:
            yield
        except (sqlite3.Error, OverflowError) as error:
            raise ConfigError(
                f'bag {str(self._path)!r} cannot be written: {error}; is the disk full?'
            ) from error
