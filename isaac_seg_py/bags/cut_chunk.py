"""What is left of a chunk whose end is missing."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import lz4.frame
from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.stream_reader import StreamReader
import zstandard

# Times of the first and last message, size and checksum of the content.
_BEFORE_COMPRESSION: Final = 8 + 8 + 8 + 4


def records_of_cut_chunk(rest: bytes) -> Iterator[Any]:
    """Return the whole records at the beginning of an MCAP chunk that was cut off."""
    content = _content(rest)
    stream = StreamReader(BytesIO(content), skip_magic=True, record_size_limit=len(content))
    records = stream.records
    while True:
        try:
            yield next(records)
        except Exception:  # It ends somewhere, in whatever record that is.
            return


def _content(rest: bytes) -> bytes:
    """Unpack as much as there is; empty where it is no chunk."""
    try:
        stream = ReadDataStream(BytesIO(rest))
        if stream.read1() != Opcode.CHUNK:
            return b''
        stream.read8()
        stream.read(_BEFORE_COMPRESSION)
        compression = stream.read_prefixed_string()
        stream.read8()
        packed = stream.read(len(rest))
        if compression == 'zstd':
            packed = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
        elif compression == 'lz4':
            packed = lz4.frame.LZ4FrameDecompressor().decompress(packed)
    except Exception:  # Any byte may be missing or wrong: then there is nothing to be had.
        return b''
    return bytes(packed)
