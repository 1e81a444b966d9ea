"""What a bag holds, and what reads and writes one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..closing import Closing

QOS_NOTE: Final = 'offered_qos_profiles'
HASH_NOTE: Final = 'topic_type_hash'


@dataclass(frozen=True)
class Topic:
    """
    A topic of one type.

    `definition` is the text of the type in the form that `definition_form` names; `notes` are what
    the bag says beside it, such as the quality of service.
    """

    name: str
    type: str
    encoding: str = 'cdr'
    definition: bytes = b''
    definition_form: str = ''
    notes: tuple[tuple[str, str], ...] = ()

    def note(self, name: str) -> str:
        """Return one of the notes, empty where it is not there."""
        return dict(self.notes).get(name, '')


@dataclass(frozen=True, eq=False)
class BagMessage:
    """A message as it was on the wire; times are nanoseconds."""

    topic: Topic
    log_time: int
    publish_time: int
    data: bytes | memoryview
    sequence: int = 0


@dataclass(frozen=True, eq=False)
class Extra:
    """What belongs to no topic: an attachment or metadata of an MCAP file."""

    name: str
    record: Any


Record = BagMessage | Extra


class BagReader(Closing):
    """
    Reads a bag from its beginning to its end.

    `size` is the number of its bytes and `done` how many of them were read, both roughly;
    `faults` says in words what could not be read.
    """

    def __init__(self, files: tuple[Path, ...]) -> None:
        """Take the files that the bag lies in."""
        self.files = files
        self.name = files[0].name
        self.size = sum(file.stat().st_size for file in files)
        self.done = 0
        self.faults: list[str] = []

    @property
    @abstractmethod
    def storage(self) -> str:
        """Return the word for the form of the file, as rosbag2 has it."""

    @abstractmethod
    def topics(self) -> Mapping[Topic, int]:
        """Return the topics with the number of their messages, 0 where that is not known."""

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """Return everything in the order of the file, and write down what cannot be read."""


class BagWriter(Closing):
    """Writes a bag, and counts what it wrote."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: dict[Topic, int] = {}
        self.first_time = 0
        self.last_time = 0

    @property
    def count(self) -> int:
        """Return the number of messages."""
        return sum(self.counts.values())

    def add(self, topic: Topic) -> None:
        """Have a topic in the bag, even if no message of it comes; twice is harmless."""
        if topic not in self.counts:
            self.add_topic(topic)
            self.counts[topic] = 0

    def write(self, message: BagMessage) -> None:
        """Add a message."""
        self.add(message.topic)
        self.add_message(message)
        time, first = message.log_time, not self.count
        self.first_time = time if first else min(self.first_time, time)
        self.last_time = time if first else max(self.last_time, time)
        self.counts[message.topic] += 1

    def write_extra(self, extra: Extra) -> bool:
        """Add what belongs to no topic; say whether this kind of bag can hold it."""
        return False

    @abstractmethod
    def add_topic(self, topic: Topic) -> None:
        """Put a topic that is new into the file."""

    @abstractmethod
    def add_message(self, message: BagMessage) -> None:
        """Put a message into the file."""
