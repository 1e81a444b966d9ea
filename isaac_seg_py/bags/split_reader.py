"""Read a bag that lies in several files, or whose messages are compressed one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from .records import BagMessage, BagReader, Record, Topic


class SplitReader(BagReader):
    """Reads one file after the other."""

    def __init__(
        self, readers: Sequence[BagReader], missing: Sequence[str], *, packed: bool
    ) -> None:
        """Take the files in their order; `packed` says that each message is compressed."""
        super().__init__(tuple(file for reader in readers for file in reader.files))
        self._readers = readers
        self._missing = missing
        self._packed = packed

    @property
    def storage(self) -> str:
        """Return the form of the first file."""
        return self._readers[0].storage

    def close(self) -> None:
        """Close the files."""
        with ExitStack() as all_of_them:
            for reader in self._readers:
                all_of_them.callback(reader.close)

    def topics(self) -> Mapping[Topic, int]:
        """Return the topics of all files."""
        found: Counter[Topic] = Counter()
        for reader in self._readers:
            found.update(reader.topics())
        return found

    def records(self) -> Iterator[Record]:
        """Return everything, file by file."""
        self.faults = [f'{name} is missing' for name in self._missing]
        before = 0
        for reader in self._readers:
            for record in reader.records():
                self.done = before + reader.done
                if self._packed and isinstance(record, BagMessage):
                    yield from self._unpacked(record)
                else:
                    yield record
            before += reader.size
            self.faults += reader.faults

    def _unpacked(self, message: BagMessage) -> Iterator[BagMessage]:
        import zstandard

        try:
            data = zstandard.ZstdDecompressor().decompressobj().decompress(message.data)
        except zstandard.ZstdError as error:
            if not self.faults or 'compressed' not in self.faults[-1]:
                self.faults.append(f'messages whose compressed data is damaged: {error}')
            return
        yield replace(message, data=data)
