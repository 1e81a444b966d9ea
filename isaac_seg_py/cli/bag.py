"""`isaac-seg bag`: a recording of ROS 2 topics in, the same with masks out."""

from __future__ import annotations

import argparse
from typing import Any, Final

from .arguments.settings import add_backend, add_settings, parse_settings
from .bags.checks import check_name, refuse_input
from .bags.report import tell_report
from .stopped import tell_stopped
from ..bags.stopping import Stopping
from ..catalog.manifest import Manifest
from ..errors import ConfigError
from ..families import family_of
from ..progress import Progress
from ..segmenter import Segmenter
from ..user_files import user_path

EXAMPLE = 'isaac-seg bag drive.mcap drive_masks.mcap --overlay'
_MEGABYTE: Final = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('input', help='an .mcap or .db3 file, or a folder of rosbag2')
    add('output', help='a name that ends with .mcap, or a folder of rosbag2 to make')
    add('--model', default='tiny-unet', help='name, manifest or ONNX file (%(default)s)')
    add(
        '--topics', default='', metavar='A,B',
        help='image topics, commas between them (all that are not called as masks and labels are)',
    )  # fmt: skip
    add('--name', default='', help="word in the masks' topics: IMAGE/NAME/... (the family)")
    add('--color', action='store_true', help='add masks in colours')
    add('--overlay', action='store_true', help='add the masks over their images')
    add('--alpha', type=float, default=0.5, help='share of the image in the overlay (%(default)s)')
    add(
        '--compression', choices=('zstd', 'lz4', 'none'), default='zstd',
        help='of the chunks of MCAP (%(default)s)',
    )  # fmt: skip
    add('--overwrite', action='store_true', help='replace the output')
    add_backend(parser)
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Copy the bag with masks, and say what was done."""
    settings = parse_settings(arguments.set, model=arguments.model)
    if not 0 <= arguments.alpha <= 1:
        raise ConfigError(f'--alpha is {arguments.alpha:g}; 0 to 1 is expected')
    if arguments.overlay and settings.get('mask_frame') == 'network':
        raise ConfigError('masks of the size of the network cannot lie over the image; leave out '
                          '--overlay or mask_frame')  # fmt: skip
    if arguments.name:
        check_name(arguments.name)
    output = user_path(arguments.output)
    # Bags need libraries that nothing else does.
    from ..bags.opening import make_bag, open_bag
    from ..bags.segmenting import BagSegmenting, image_topics

    with open_bag(arguments.input) as reader:
        refuse_input(reader.files, output)
        topics = reader.topics()
        named = [name for name in arguments.topics.split(',') if name]
        images = image_topics(topics, named, arguments.input)
        with (
            Segmenter.open(
                arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
            ) as segment,
            Stopping() as stopped,
        ):
            work = BagSegmenting(
                lambda image: segment(image, want_scores=False),
                arguments.name or _word(segment.manifest),
                color=arguments.color,
                overlay=arguments.alpha if arguments.overlay else None,
            )
            work.plan(topics, images)
            with (
                make_bag(
                    output, reader.storage, compression=arguments.compression,
                    overwrite=arguments.overwrite,
                ) as writer,
                Progress('bag', reader.size / _MEGABYTE, unit=' MB') as bar,
            ):  # fmt: skip
                work.run(reader, writer, lambda done: bar.at(done / _MEGABYTE), stopped)
                if not stopped():
                    bar.at(reader.size / _MEGABYTE)
    tell_report(work.report, reader.faults)
    print(f'{_done(work.report)}; {output}')
    return tell_stopped(stopped, f'what was done is in {output}')


def _word(manifest: Manifest) -> str:
    """Return the word in the topics of the masks."""
    return family_of(manifest).name


def _done(report: Any) -> str:
    masks = ', '.join(f'{count} of {name}' for name, count in report.segmented.items())
    return f'{report.kept} messages kept, masks added: {masks or "none"}'
