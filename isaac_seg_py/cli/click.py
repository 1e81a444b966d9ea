"""`isaac-seg click`: objects are shown by clicks, corrected, and followed through a video."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
import statistics
import sys
from typing import Final

from .arguments.settings import add_backend, add_settings, check_range, parse_settings
from .clicking.desk import ClickDesk
from .clicking.pictures import ClickedMasks, ClickOutputs
from .clicking.script import ClickScript
from .clicking.source import open_clicked
from .counted import counted
from .pictures.planned_files import Plan
from .pictures.results import Outputs, StillWriter
from .pictures.work import Work
from ..bags.stopping import Stopping
from ..catalog.model_folders import find_manifest
from ..config import EncodeConfig
from ..errors import ConfigError
from ..families.sam import SAM
from ..frames import Frame, Source
from ..infer_config import InferConfig
from ..track.tracker import VideoTracker
from ..track_config import TrackConfig
from ..user_files import folder_for_results

EXAMPLE = """isaac-seg click drive.mp4 out/
  isaac-seg click /dev/video0 out/ --model tiny-sam2
  isaac-seg click scene:810000 out/ --count 60 --script clicks.txt"""
_HANDS: Final = """left button     make an object; once there is one, more of it
right button    what is not of it
n               the next click makes another object
a, d            take up, delete the object under the mouse
c               let all objects go
s               save the picture, with masks and JSON
space, q        pause and go on, quit
The first picture waits, and so does the last one; without a known end none does."""
# Below the folder of the results: what the key s saves.
_SAVED: Final = 'saved'
Hand = Callable[[ClickDesk], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('input', help='a video, a folder or quoted pattern of pictures, a camera, or scene:SEED')
    add('output', help='folder: what is seen as video and JSON, and what s saves, in saved/')
    add('--model', default='tiny-sam2', help='name or manifest of SAM 2 (%(default)s)')
    add(
        '--script', metavar='FILE',
        help='clicks and keys in place of a window, a line for each: 12 click 320,240 left, or '
        '20 key n, or 20 key d 320,240; the first picture is 0',
    )  # fmt: skip
    add('--count', type=int, metavar='N', help='end after so many pictures')
    add('--rate', type=float, default=15.0, help='pictures of a folder in a second (%(default)s)')
    add(
        '--alpha', type=float, default=0.5, help='share of the image in what is seen (%(default)s)'
    )
    add('--overwrite', action='store_true', help='replace files that are there')
    add_backend(parser)
    add_settings(parser)
    parser.add_argument_group('mouse and keys', _HANDS)


def run(arguments: argparse.Namespace) -> int:
    """Take clicks until the last picture, or until somebody quits."""
    settings = parse_settings(arguments.set, (InferConfig, EncodeConfig, TrackConfig))
    check_range(arguments, 'alpha', 0, 1)
    check_range(arguments, 'rate', 0.001, 1000)
    if find_manifest(arguments.model).family == SAM.name:
        raise ConfigError(
            f'model {arguments.model} follows nothing: isaac-seg annotate takes it, for single '
            'pictures; choose a model of family sam2 here, as tiny-sam2'
        )
    bad: list[str] = []
    source = open_clicked(arguments.input, arguments.count, bad.append)
    outputs = ClickOutputs(('overlay',), arguments.alpha, json=True)
    plan = Plan.of(arguments.output, [arguments.input], [source])
    if plan.single:
        raise ConfigError(f'the output {arguments.output!r} is one file; a folder is expected')
    saved = plan.folder / _SAVED
    ends = [outputs.endings(is_video=source.is_video)]
    plan.check(ends, overwrite=arguments.overwrite, beside=[saved])
    rate = source.rate or arguments.rate
    with ExitStack() as stack:
        hand = _hand(arguments, source, outputs, rate, stack)
        tracker = stack.enter_context(
            VideoTracker.open(
                arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
            )
        )
        stopped = stack.enter_context(Stopping())
        stack.enter_context(folder_for_results(plan.folder))
        desk = ClickDesk(tracker, rate, _Saving(outputs, saved), stopped)
        seen = _Seen(desk, hand)
        work = Work(seen, outputs, plan, None, lambda: desk.done, 'click')
        work.run([source])
        remarks = hand.remarks if isinstance(hand, ClickScript) else []
        for text in [*bad, *remarks]:
            print(f'isaac-seg: {text}', file=sys.stderr)
        if not work.times and not stopped():
            raise ConfigError('no picture could be read, so nothing was written')
        median = statistics.median(desk.seconds or [0]) * 1e3
        print(
            f'{counted(desk.objects_made, "object")} by clicks in '
            f'{counted(len(work.times), "picture")}: {median:.1f} ms to follow in each (median); '
            f'results in {plan.shown}'
        )
        return 128 + int(stopped.signal) if stopped() else 0


def _hand(
    arguments: argparse.Namespace, source: Source, outputs: Outputs, rate: float, stack: ExitStack
) -> Hand:
    """Return what clicks: a script, or a person at a window."""
    if arguments.script is None:
        from .clicking.window import ClickWindow

        title = f'isaac-seg click {arguments.input}'
        return stack.enter_context(ClickWindow(title, outputs, rate, source.count))
    script = ClickScript.read(arguments.script)
    if source.count is None and not script.ends:
        raise ConfigError(
            f'{arguments.input!r} has no end; give --count N, or `N key q` in the script'
        )
    return script


class _Seen:
    """Lets somebody click on each picture, and gives what there is to see then."""

    def __init__(self, desk: ClickDesk, hand: Hand) -> None:
        self._desk, self._hand = desk, hand

    def of(self, frame: Frame) -> ClickedMasks:
        """Return the objects of the next picture."""
        self._desk.take(frame)
        self._hand(self._desk)
        assert self._desk.found is not None
        return self._desk.found


class _Saving:
    """Saves single pictures into a folder, which is made for the first one."""

    def __init__(self, outputs: Outputs, folder: Path) -> None:
        self._outputs, self._folder = outputs, folder

    def __call__(self, frame: Frame, found: ClickedMasks) -> str:
        """Save a picture with mask and JSON; return what the names of its files begin with."""
        self._folder.mkdir(exist_ok=True)
        stem = self._folder / frame.name
        StillWriter(self._outputs, {frame.source: stem}, single=False).write(frame, found)
        return f'{_SAVED}/{frame.name}'
