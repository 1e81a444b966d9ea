"""`isaac-seg scenes`: pictures with known truth, as a data set or a bag."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import Final

from .arguments.picture_size import parse_size
from .counted import counted
from .stopped import tell_stopped
from ..bags.stopping import Stopping
from ..errors import ConfigError
from ..geometry import Size
from ..progress import Progress
from ..scenes import make_scene, Scene, stream_video
from ..scenes.data_set import SceneFolder
from ..user_files import user_path

EXAMPLE = 'isaac-seg scenes shapes/ --count 200 --first 1000'
_MOST: Final = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('output', nargs='?', default='', help='folder for images/, labels/ and instances.json')
    add('--count', type=int, default=100, metavar='N', help='how many pictures (%(default)s)')
    add('--first', type=int, default=0, metavar='SEED', help='seed of the first (%(default)s)')
    add('--size', default='480x640', metavar='HxW', help='of the pictures (%(default)s)')
    add(
        '--coco', choices=('rle', 'polygons'), default='rle',
        help='how instances.json has the masks (%(default)s)',
    )  # fmt: skip
    add('--video', action='store_true', help='frames of one moving scene, that of --first')
    add('--bag', default='', help='write a bag: a name that ends with .mcap, or a folder')
    add('--overwrite', action='store_true', help='replace the bag')


def run(arguments: argparse.Namespace) -> int:
    """Make the scenes and write them."""
    if not 1 <= arguments.count <= _MOST:
        raise ConfigError(f'--count is {arguments.count}; 1 to {_MOST} is expected')
    if not arguments.output and not arguments.bag:
        raise ConfigError('the output is missing; give a folder, --bag, or both')
    scenes = _scenes(arguments, parse_size(arguments.size))
    # The first one is made before anything is on the disk: it tells whether the size can be.
    first = next(scenes)
    with ExitStack() as outputs:
        # An end that is asked for leaves whole files.
        stopped = outputs.enter_context(Stopping())
        writers: list[Callable[[str, Scene], None]] = []
        if arguments.bag:
            from ..bags.opening import make_bag
            from ..bags.scene_bag import SceneBag

            bag = make_bag(user_path(arguments.bag), 'mcap', overwrite=arguments.overwrite)
            films = SceneBag(outputs.enter_context(bag))
            writers.append(lambda _, scene: films.write(scene))
        if arguments.output:
            folder = SceneFolder(
                user_path(arguments.output), as_polygons=arguments.coco == 'polygons'
            )
            writers.append(outputs.enter_context(folder).write)
        count = 0
        with Progress('scenes', arguments.count) as bar:
            for name, scene in chain([first], scenes):
                for write in writers:
                    write(name, scene)
                bar.step()
                count += 1
                if stopped():
                    break
    where = ' and '.join(str(user_path(one)) for one in (arguments.output, arguments.bag) if one)
    print(f'{counted(count, "scene")} in {where}')
    return tell_stopped(stopped)


def _scenes(arguments: argparse.Namespace, size: Size) -> Iterator[tuple[str, Scene]]:
    if arguments.video:
        frames = stream_video(arguments.first, size)
        for number, scene in enumerate(islice(frames, arguments.count)):
            yield f'frame_{number:06d}', scene
        return
    for seed in range(arguments.first, arguments.first + arguments.count):
        yield f'{seed:06d}', make_scene(seed, size)
