"""`isaac-seg track`: objects shown once are followed through a video or a bag."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
import statistics
import sys
from typing import Any, Final

from .arguments.settings import add_backend, add_settings, check_range, parse_settings
from .counted import counted
from .pictures.planned_files import Plan
from .pictures.results import Outputs
from .pictures.work import Work
from .stopped import tell_stopped
from .tracking.followed import FollowedObjects
from .tracking.shown import add_shown, shown_at
from ..bags.stopping import Stopping
from ..config import EncodeConfig
from ..errors import ConfigError
from ..infer_config import InferConfig
from ..media import open_source, Source, VIDEO_SUFFIX
from ..track.opening import open_tracker
from ..track_config import TrackConfig
from ..user_files import folder_for_results, user_path

__all__ = ['EXAMPLE', 'add_arguments', 'run']

EXAMPLE = """isaac-seg track drive.mp4 out/ --box cup=40,30,200,180 --at 2.5 --point cup=90,80,0
  isaac-seg track drive.mcap drive_cup.mcap --topic /camera/image --point cup=90,80"""
_BAGS: Final = ('.mcap', '.db3')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('input', help='a video, a folder or quoted pattern of pictures, a camera, or a bag')
    add('output', help='folder, or overlay.mp4; of a bag an .mcap file or a folder of rosbag2')
    add(
        '--model',
        default='tiny-sam2',
        help='name or manifest (%(default)s); Segment Anything for images, such as '
        'tiny-sam, follows by looks',
    )
    add_shown(parser.add_argument_group('what to follow'))
    group = parser.add_argument_group('what is written')
    group.add_argument('--alpha', type=float, default=0.5,
                       help='share of the image in the overlay (%(default)s)')  # fmt: skip
    group.add_argument('--no-json', action='store_true', help='write no JSON')
    group.add_argument('--mask', action='store_true', help='write the masks in colours as well')
    group.add_argument('--overwrite', action='store_true', help='replace files that are there')
    group.add_argument('--rate', type=float, default=15.0,
                       help='pictures of a folder in a second (%(default)s)')  # fmt: skip
    group.add_argument('--topic', default='', help='image topic of the bag (the only one)')
    group.add_argument('--name', default='sam2',
                       help="of the masks' topics in a bag: IMAGE/NAME/... (sam2)")  # fmt: skip
    add_backend(parser)
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Follow the objects and say where the results are."""
    settings = parse_settings(arguments.set, (InferConfig, EncodeConfig, TrackConfig))
    check_range(arguments, 'alpha', 0, 1)
    check_range(arguments, 'rate', 0.001, 1000)
    shown = shown_at(arguments.prompts)
    opened = {'backend': arguments.backend, 'threads': arguments.threads, **settings}
    if _is_bag(arguments.input):
        from .bags.following import track_bag

        return track_bag(arguments, shown, opened)
    return _track_pictures(arguments, shown, opened)


def _track_pictures(arguments: argparse.Namespace, shown: Any, opened: dict[str, Any]) -> int:
    bad: list[str] = []
    source = _filmed(open_source(arguments.input, bad.append, bad.append), arguments)
    kinds = ('overlay', 'mask') if arguments.mask else ('overlay',)
    outputs = Outputs(kinds, arguments.alpha, json=not arguments.no_json)
    plan = Plan.of(arguments.output, [arguments.input], [source])
    endings = [outputs.endings(is_video=source.is_video)]
    plan.check(endings, overwrite=arguments.overwrite)
    with ExitStack() as stack:
        tracker = open_tracker(arguments.model, **opened)
        stack.enter_context(tracker)
        stopped = stack.enter_context(Stopping())
        stack.enter_context(folder_for_results(plan.folder))
        follow = FollowedObjects(tracker, shown, source.rate or arguments.rate)
        work = Work(follow, outputs, plan, None, stopped, 'track')
        work.run([source])
        for text in bad:
            print(f'isaac-seg: {text}', file=sys.stderr)
        if not work.times and not stopped():
            raise ConfigError('no picture could be read, so nothing was written')
        count, median = len(work.times), statistics.median(work.times or [0]) * 1e3
        print(
            f'{counted(len(tracker.ids), "object")} through {counted(count, "picture")}: '
            f'{median:.1f} ms each (median); results in {plan.shown}'
        )
        return tell_stopped(stopped) or follow.tell_late()


def _filmed(source: Source, arguments: argparse.Namespace) -> Source:
    """Return pictures of a folder as a video, where a video is to be written of them."""
    output = user_path(arguments.output)
    if output.is_dir() or output.suffix.lower() != VIDEO_SUFFIX or source.count == 1:
        return source
    return replace(source, files=source.files[:1], rate=source.rate or arguments.rate)


def _is_bag(text: str) -> bool:
    path = user_path(text)
    if path.is_dir():
        return any(_ends_as_bag(file) for file in path.iterdir())
    return _ends_as_bag(path)


def _ends_as_bag(path: Path) -> bool:
    return path.suffix in _BAGS
