"""A writer that has another one write, and does more when it is closed."""

from __future__ import annotations

from .records import BagMessage, BagWriter, Extra, Topic


class PassingOn(BagWriter):
    """Passes on what comes; a subclass fills `close`."""

    def __init__(self, writer: BagWriter) -> None:
        """Take what writes."""
        super().__init__()
        self._writer = writer

    def add_topic(self, topic: Topic) -> None:
        """Put a topic into the bag."""
        self._writer.add(topic)

    def add_message(self, message: BagMessage) -> None:
        """Put a message into the bag."""
        self._writer.write(message)

    def write_extra(self, extra: Extra) -> bool:
        """Put what belongs to no topic into the bag, where it holds that."""
        return self._writer.write_extra(extra)
