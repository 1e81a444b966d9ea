"""Read the SQLite files of rosbag2, also those that were cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
import sqlite3
from typing import Any, Final
from urllib.parse import quote

from .records import BagMessage, BagReader, HASH_NOTE, QOS_NOTE, Record, Topic
from ..errors import ConfigError

MAGIC: Final = b'SQLite format 3\0'
# What SQLite says of a damaged file may itself be no text.
BAD_DATABASE: Final = (sqlite3.Error, UnicodeError, OverflowError, MemoryError)
# Rows beyond a gap of this many that cannot be read are not looked for.
_LONGEST_GAP: Final = 5000
_ROW: Final = 'SELECT id, topic_id, timestamp, data FROM messages WHERE id'


class SqliteReader(BagReader):
    """Reads the rows of a .db3 file in the order in which they were recorded."""

    def __init__(self, path: Path) -> None:
        """Open the file; raise ConfigError where it is no bag."""
        super().__init__((path,))
        self._path = path
        try:
            self._open()
        except BAD_DATABASE as error:
            raise ConfigError(
                f'{str(path)!r} is an SQLite file but no bag that can be read: {error}'
            ) from error

    @property
    def storage(self) -> str:
        """Return `sqlite3`."""
        return 'sqlite3'

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def topics(self) -> Mapping[Topic, int]:
        """Return the topics with their counts."""
        counts: dict[int, int] = {}
        # Where rows at the end are missing, `records` names what.
        with suppress(*BAD_DATABASE):
            counts = dict(
                self._rows.execute('SELECT topic_id, COUNT(*) FROM messages GROUP BY topic_id')
            )
        return {topic: counts.get(number, 0) for number, topic in self._topics.items()}

    def records(self) -> Iterator[Record]:
        """Return every message from the first row."""
        self.faults.clear()
        last = -1
        try:
            for row in self._rows.execute(f'{_ROW} > -1 ORDER BY id'):
                last = row[0]
                yield from self._messages(row)
        except BAD_DATABASE as error:
            missing = 0
            for row in self._single_rows(last + 1):
                missing += row[0] - last - 1
                last = row[0]
                yield from self._messages(row)
            between = f'{missing} messages in the middle and ' if missing else ''
            self.faults.append(
                f'{self.name} is cut off or damaged ({error}): {between}all behind message {last} '
                'cannot be read'
            )

    def _messages(self, row: tuple[Any, ...]) -> Iterator[BagMessage]:
        number, topic_id, time, data = row
        topic = self._topics.get(topic_id)
        if topic is None:
            self.faults.append(f'message {number} of {self.name} is of topic {topic_id}, unknown')
            return
        if not isinstance(data, bytes) or not isinstance(time, int) or time < 0:
            self.faults.append(f'message {number} of {self.name} holds no bytes, or has no time')
            return
        self.done = min(self.done + len(data), self.size)
        yield BagMessage(topic, time, time, data)

    def _single_rows(self, number: int) -> Iterator[Any]:
        """Return the rows from a number on that can be found one by one."""
        gap = 0
        while gap < _LONGEST_GAP:
            try:
                row = self._rows.execute(f'{_ROW} = ?', (number,)).fetchone()
            except BAD_DATABASE:
                row = None
            gap = 0 if row else gap + 1
            if row:
                yield row
            number += 1

    def _open(self) -> None:
        try:
            self._connect('mode=ro')
            self._topics = self._read_topics()
        except BAD_DATABASE:
            # A journal that cannot be made here, or fewer pages than the header says.
            self._rows.close()
            self._connect('immutable=1')
            self._rows.execute('PRAGMA writable_schema=ON')
            self._topics = self._read_topics()

    def _connect(self, how: str) -> None:
        self._rows = sqlite3.connect(f'file:{quote(str(self._path.resolve()))}?{how}', uri=True)
        self._rows.text_factory = lambda text: text.decode('utf-8', 'replace')

    def _read_topics(self) -> dict[int, Topic]:
        columns = {row[1] for row in self._rows.execute('PRAGMA table_info(topics)')}
        tables = {row[0] for row in self._rows.execute('SELECT name FROM sqlite_master')}
        texts: dict[str, tuple[str, str]] = {}
        if 'message_definitions' in tables:
            texts = {
                name: (form, text)
                for name, form, text in self._rows.execute(
                    'SELECT topic_type, encoding, encoded_message_definition '
                    'FROM message_definitions'
                )
            }
        notes = {'offered_qos_profiles': QOS_NOTE, 'type_description_hash': HASH_NOTE}
        # Older bags have fewer columns.
        there = [column for column in notes if column in columns]
        names = ', '.join(['id', 'name', 'type', 'serialization_format', *there])
        found = {}
        for number, name, kind, encoding, *values in self._rows.execute(
            f'SELECT {names} FROM topics ORDER BY id'
        ):
            form, text = texts.get(kind, ('', ''))
            said = ((notes[c], str(v)) for c, v in zip(there, values, strict=True) if v)
            found[number] = Topic(
                str(name), str(kind), str(encoding), str(text).encode(), str(form), tuple(said)
            )
        return found


def is_sqlite(path: Path) -> bool:
    """Say whether a file begins as SQLite files do."""
    with path.open('rb') as file:
        return file.read(len(MAGIC)) == MAGIC
