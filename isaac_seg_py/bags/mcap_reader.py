"""Read MCAP files, also those that were cut off or damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
import os
from pathlib import Path
import struct
from typing import Any, Final

from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import Attachment, Channel, Chunk, DataEnd, Message, Metadata, Schema
from mcap.stream_reader import breakup_chunk, StreamReader
import zstandard

from .cut_chunk import records_of_cut_chunk
from .records import BagMessage, BagReader, Extra, Record, Topic

MAGIC: Final = b'\x89MCAP0\r\n'
# LZ4 has no error of its own.
BAD_FILE: Final = (
    McapError, zstandard.ZstdError, struct.error, ValueError, RuntimeError, EOFError, MemoryError,
    OverflowError,
)  # fmt: skip


class McapReader(BagReader):
    """Reads an MCAP file record by record: the summary at its end is not needed."""

    def __init__(self, path: Path) -> None:
        """Open the file."""
        super().__init__((path,))
        self._file = path.open('rb')
        self._schemas: dict[int, Schema] = {}
        self._channels: dict[int, Topic] = {}

    @property
    def storage(self) -> str:
        """Return `mcap`."""
        return 'mcap'

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def topics(self) -> Mapping[Topic, int]:
        """Return the topics with their counts, from the summary or else from all records."""
        self._file.seek(0)
        try:
            summary = make_reader(self._file).get_summary()
        except (*BAD_FILE, OSError):
            # A damaged footer may point to where no file goes.
            summary = None
        if summary is not None and summary.statistics is not None and summary.channels:
            self._schemas.update(summary.schemas)
            counts = summary.statistics.channel_message_counts
            found: Counter[Topic] = Counter()
            for channel in summary.channels.values():
                found[self._topic(channel)] += counts.get(channel.id, 0)
            return found
        found = Counter(one.topic for one in self.records() if isinstance(one, BagMessage))
        found.update(dict.fromkeys(self._channels.values(), 0))
        return found

    def records(self) -> Iterator[Record]:
        """Return everything from the beginning."""
        self.faults.clear()
        self._schemas.clear()
        self._channels.clear()
        self._file.seek(0)
        for record in self._raw_records():
            self.done = self._file.tell()
            if isinstance(record, Schema):
                self._schemas[record.id] = record
            elif isinstance(record, Channel):
                self._channels[record.id] = self._topic(record)
            elif isinstance(record, Message):
                topic = self._channels.get(record.channel_id)
                if topic is None:
                    self.faults.append(
                        f'a message of channel {record.channel_id}, which the file does not '
                        'describe'
                    )
                    continue
                yield BagMessage(
                    topic, record.log_time, record.publish_time, record.data, record.sequence
                )
            elif isinstance(record, (Attachment, Metadata)):
                yield Extra(record.name, record)

    def _raw_records(self) -> Iterator[Any]:
        """Return records with those of chunks in their places, up to the end of the data."""
        stream = StreamReader(self._file, emit_chunks=True, record_size_limit=self.size).records
        start = 0
        while True:
            try:
                record = next(stream)
            except BAD_FILE:
                self._file.seek(start)
                yield from records_of_cut_chunk(self._file.read())
                self.faults.append(
                    f'{self.name} is cut off or damaged: its last {self.size - start} of '
                    f'{self.size} bytes make no whole record'
                )
                return
            if isinstance(record, DataEnd):
                return
            if isinstance(record, Chunk):
                yield from self._chunk(record, start)
            else:
                yield record
            start = self._file.tell()

    def _chunk(self, chunk: Any, start: int) -> list[Any]:
        try:
            found: list[Any] = breakup_chunk(chunk, validate_crc=True)
        except BAD_FILE as error:
            self.faults.append(f'the chunk at byte {start} of {self.name} is damaged: {error}')
            return []
        return found

    def _topic(self, channel: Any) -> Topic:
        schema = self._schemas.get(channel.schema_id)
        return Topic(
            channel.topic,
            schema.name if schema else '',
            channel.message_encoding,
            schema.data if schema else b'',
            schema.encoding if schema else '',
            tuple(channel.metadata.items()),
        )


def is_mcap(path: Path) -> bool:
    """Say whether a file begins as MCAP files do."""
    with path.open('rb') as file:
        return file.read(len(MAGIC)) == MAGIC and os.path.getsize(path) > len(MAGIC)
