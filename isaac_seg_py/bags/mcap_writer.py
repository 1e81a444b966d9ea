"""Write MCAP files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mcap.records import Attachment, Metadata
from mcap.writer import CompressionType, Writer

from .records import BagMessage, BagWriter, Extra, Topic

COMPRESSIONS: Final = {
    'zstd': CompressionType.ZSTD, 'lz4': CompressionType.LZ4, 'none': CompressionType.NONE,
}  # fmt: skip


class McapWriter(BagWriter):
    """Writes an MCAP file in chunks; it is whole once it is closed."""

    def __init__(self, path: Path, compression: str = 'zstd') -> None:
        """Make the file."""
        super().__init__()
        self._file = path.open('wb')
        self._writer = Writer(self._file, compression=COMPRESSIONS[compression])
        self._writer.start(profile='ros2')
        self._schemas: dict[tuple[str, str, bytes], int] = {}
        self._channels: dict[Topic, int] = {}

    def add_topic(self, topic: Topic) -> None:
        """Put a channel into the file, and its schema where that is new."""
        key = topic.type, topic.definition_form, topic.definition
        if key not in self._schemas:
            # Schema 0 is none at all.
            known = any(key)
            self._schemas[key] = self._writer.register_schema(*key) if known else 0
        self._channels[topic] = self._writer.register_channel(
            topic.name, topic.encoding, self._schemas[key], dict(topic.notes)
        )

    def add_message(self, message: BagMessage) -> None:
        """Put a message into the file."""
        self._writer.add_message(
            self._channels[message.topic], message.log_time, bytes(message.data),
            message.publish_time, message.sequence,
        )  # fmt: skip

    def write_extra(self, extra: Extra) -> bool:
        """Add an attachment or metadata."""
        record = extra.record
        if isinstance(record, Attachment):
            self._writer.add_attachment(
                record.create_time, record.log_time, record.name, record.media_type, record.data
            )
        elif isinstance(record, Metadata):
            self._writer.add_metadata(record.name, record.metadata)
        return True

    def close(self) -> None:
        """Write the rest and the summary."""
        if self._file.closed:
            return
        with self._file:
            self._writer.finish()
