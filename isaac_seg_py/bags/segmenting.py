"""Copy a bag and add what a network finds in its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
import difflib
from typing import Any, Final

from .messages import COMPRESSED, IMAGE, Messages
from .records import BagMessage, BagReader, BagWriter, Topic
from ..encode.colors import to_bytes
from ..errors import ConfigError, InputError
from ..images import RawImage
from ..panoptic import Found

Segment = Callable[[RawImage], Found]
MASK: Final = 'raw_segmentation_mask'
COLOR: Final = 'colored_segmentation_mask'
OVERLAY: Final = 'blended_image'
_KINDS: Final = (IMAGE, COMPRESSED)
# What topics of labels are called; nothing else tells them from grey pictures.
_LABELS: Final = ('ground_truth', 'labels', 'label_image', 'mask', 'segmentation_mask')


@dataclass
class Report:
    """What was done: of topics, how many images; of types and topics, how many messages."""

    kept: int = 0
    segmented: Counter[str] = field(default_factory=Counter)
    depths: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    first_fault: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)


def image_topics(topics: Mapping[Topic, int], wanted: Sequence[str], bag: str) -> list[Topic]:
    """
    Return the image topics of these names, without names all but masks of an earlier run.

    Labels are left out as well, which have the type of images: those whose topic is called so.
    Raise ConfigError where there are none.
    """
    images = [topic for topic in topics if topic.type in _KINDS and topic.encoding == 'cdr']
    if not images:
        listed = ', '.join(
            f'{topic.name} ({topic.type or "no type"}, {count})' for topic, count in topics.items()
        )
        raise ConfigError(f'bag {bag!r} has no images; its topics are {listed or "none at all"}')
    names = {topic.name for topic in images}
    for name in wanted:
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f' Did you mean {close[0]}?' if close else ''
            raise ConfigError(
                f'no image topic {name!r} in bag {bag!r}.{hint} It has {", ".join(sorted(names))}'
            )
    asked = set(wanted)
    if asked:
        return [topic for topic in images if topic.name in asked]
    found = [
        topic
        for topic in images
        if topic.name.rpartition('/')[2] not in (MASK, COLOR, OVERLAY, *_LABELS)
    ]
    if not found:
        raise ConfigError(
            f'bag {bag!r} has no images but masks: {", ".join(sorted(names))}; name those meant '
            'with --topics'
        )
    return found


class BagSegmenting:
    """
    Copies messages as they are, and behind each image adds its mask.

    The masks have the header and the times of their images. They are on topics below that of the
    image: `IMAGE_TOPIC/NAME/raw_segmentation_mask` and so on.
    """

    def __init__(
        self, segment: Segment, name: str, *, color: bool = False, overlay: float | None = None
    ) -> None:
        """Take the network, its name in topics, and the share of the image in overlays."""
        self._segment = segment
        self._name = name
        self._outputs = (
            MASK,
            *([COLOR] if color else []),
            *([] if overlay is None else [OVERLAY]),
        )
        self._opacity = overlay
        self._messages = Messages()
        self.report = Report()

    def plan(self, topics: Mapping[Topic, int], images: Iterable[Topic]) -> None:
        """Choose the images to segment; raise ConfigError where a mask's topic is taken."""
        names = {topic.name for topic in topics}
        self._plan: dict[Topic, dict[str, Topic]] = {}
        for image in images:
            added = {kind: f'{image.name}/{self._name}/{kind}' for kind in self._outputs}
            taken = [name for name in added.values() if name in names]
            if taken:
                raise ConfigError(
                    f'the bag has a topic {taken[0]} already; give another --name, or another '
                    'image topic'
                )
            qos = tuple(note for note in image.notes if note[0].startswith('offered'))
            self._plan[image] = {
                kind: self._messages.topic(name, IMAGE, qos) for kind, name in added.items()
            }

    def run(
        self, reader: BagReader, writer: BagWriter, on_progress: Callable[[int], Any],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """Copy and segment until the end, or until `stopped` says so between two messages."""
        for topic in reader.topics():
            writer.add(topic)
        for record in reader.records():
            if stopped():
                return
            if not isinstance(record, BagMessage):
                if not writer.write_extra(record):
                    self.report.left_out.append(record.name)
                continue
            writer.write(record)
            self.report.kept += 1
            if record.topic in self._plan:
                self._add_masks(record, writer)
            elif not self._messages.knows(record.topic):
                self.report.unknown[record.topic.type or 'no type'] += 1
            on_progress(reader.done)

    def found_in(self, header: Any, image: RawImage) -> Found:
        """Return what is in an image; the header tells when it was taken."""
        return self._segment(image)

    def _add_masks(self, message: BagMessage, writer: BagWriter) -> None:
        name = message.topic.name
        try:
            header, image = self._messages.read_image(message)
            if image is None:
                self.report.depths[name] += 1
                return
            found = self.found_in(header, image)
            pictures = {kind: self._picture(kind, found, image) for kind in self._outputs}
        except InputError as error:
            self.report.bad[name] += 1
            self.report.first_fault.setdefault(name, str(error))
            return
        for kind, topic in self._plan[message.topic].items():
            data = self._messages.write_image(header, pictures[kind])
            writer.write(replace(message, topic=topic, data=data))
        self.report.segmented[name] += 1

    def _picture(self, kind: str, found: Found, image: RawImage) -> RawImage:
        if kind == MASK:
            labels = found.labels
            return RawImage.from_array(labels, 'mono8' if labels.itemsize == 1 else 'mono16')
        if kind == COLOR or self._opacity is None:
            return RawImage.from_array(found.color(), 'rgb8')
        return RawImage.from_array(found.overlay(to_bytes(image), self._opacity), 'rgb8')
