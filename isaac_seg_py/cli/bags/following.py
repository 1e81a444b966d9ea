"""`isaac-seg track` with a bag: the same bag with the objects' masks, and lines of JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
import json
from typing import Any, Final, TextIO

from .checks import check_name, refuse_input
from .report import tell_report
from ..counted import counted
from ..stopped import tell_stopped
from ..tracking.followed import FollowedMasks, FollowedObjects
from ..tracking.shown import ShownAt
from ...bags.opening import make_bag, open_bag
from ...bags.segmenting import BagSegmenting, image_topics
from ...bags.stopping import Stopping
from ...bags.whole import written_whole
from ...errors import ConfigError, PromptError
from ...images import RawImage
from ...progress import Progress
from ...track.opening import open_tracker
from ...user_files import user_path

_MEGABYTE: Final = 1e6


class BagFollowing(BagSegmenting):
    """Adds the masks of followed objects behind the images of one topic."""

    def __init__(
        self, follow: FollowedObjects, name: str, opacity: float, lines: TextIO | None
    ) -> None:
        """Take what follows, its name in topics, the share of the image, and a file of lines."""
        super().__init__(lambda image: follow(image), name, color=True, overlay=opacity)
        self._follow, self._lines = follow, lines
        self._first: float | None = None

    def found_in(self, header: Any, image: RawImage) -> FollowedMasks:
        """Return the objects in an image; times count from the first one."""
        stamp = header.stamp.sec + header.stamp.nanosec / 1e9
        self._first = stamp if self._first is None else self._first
        try:
            found = self._follow.at(image, stamp - self._first)
        except PromptError as error:
            # A bad image may be passed over; what a person typed may not.
            raise ConfigError(str(error)) from error
        if self._lines is not None:
            told = {'sec': header.stamp.sec, 'nanosec': header.stamp.nanosec}
            self._lines.write(json.dumps({'stamp': told, **found.to_json()}) + '\n')
        return found


def track_bag(
    arguments: argparse.Namespace, shown: Sequence[ShownAt], opened: dict[str, Any]
) -> int:
    """Copy the bag with masks, and say what was done."""
    check_name(arguments.name)
    output = user_path(arguments.output)
    # The name of a folder may have dots.
    word = output.stem if output.suffix == '.mcap' else output.name
    lines = output.with_name(f'{word}.jsonl')
    with ExitStack() as stack:
        reader = stack.enter_context(open_bag(arguments.input))
        refuse_input(reader.files, output)
        topics = reader.topics()
        wanted = [arguments.topic] if arguments.topic else []
        images = image_topics(topics, wanted, arguments.input)
        if len(images) > 1:
            raise ConfigError(
                f'bag {arguments.input!r} has {len(images)} image topics; name one with --topic: '
                f'{", ".join(topic.name for topic in images)}'
            )
        if not arguments.no_json and lines.exists() and not arguments.overwrite:
            raise ConfigError(f'{str(lines)!r} is there already; give --overwrite to replace it')
        tracker = open_tracker(arguments.model, **opened)
        stack.enter_context(tracker)
        stopped = stack.enter_context(Stopping())
        follow = FollowedObjects(tracker, shown, rate=1.0)
        writer = stack.enter_context(
            make_bag(output, reader.storage, overwrite=arguments.overwrite)
        )
        told = None
        if not arguments.no_json:
            place = stack.enter_context(written_whole(lines))
            told = stack.enter_context(place.open('w', encoding='utf-8'))
        work = BagFollowing(follow, arguments.name, arguments.alpha, told)
        work.plan(topics, images)
        bar = stack.enter_context(Progress('track', reader.size / _MEGABYTE, unit=' MB'))
        work.run(reader, writer, lambda done: bar.at(done / _MEGABYTE), stopped)
        if not stopped():
            bar.at(reader.size / _MEGABYTE)
        tell_report(work.report, reader.faults)
        count = sum(work.report.segmented.values())
        print(f'{counted(len(tracker.ids), "object")} through {counted(count, "image")} of '
              f'{images[0].name}; {output}')  # fmt: skip
        return tell_stopped(stopped, f'what was done is in {output}') or follow.tell_late()
