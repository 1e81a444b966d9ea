"""`isaac-seg annotate`: a page where a person clicks on objects and sees their masks at once."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from .arguments.settings import add_backend, add_settings, parse_settings
from ..annotate.document import Document
from ..annotate.follower import Follower
from ..annotate.pictures import Pictures
from ..annotate.server import PageServer
from ..annotate.session import Live, Session
from ..bags.stopping import Stopping
from ..errors import ConfigError
from ..promptable import PromptableSegmenter
from ..track.tracker import VideoTracker
from ..user_files import user_path

EXAMPLE = """isaac-seg annotate photos/ --labels car,person
  isaac-seg annotate drive.mp4 --out drive.json --open
  isaac-seg annotate --topic /camera/image_raw"""
_FOLLOWS = 'tiny-sam2'
# How soon Ctrl-C is noticed.
_WAKE_S = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add(
        'input', nargs='*', help='images, folders (without those in them), quoted patterns, videos'
    )
    add('--topic', default='', help='image topic whose latest frame can be frozen and marked')
    add('--model', default='tiny-sam', help='a Segment Anything model (%(default)s)')
    add(
        '--track-model', default=_FOLLOWS,
        help='a Segment Anything 2 model, which follows objects (%(default)s)',
    )  # fmt: skip
    add_backend(parser)
    add_settings(parser)
    add(
        '--out', metavar='FILE', default='annotations.json',
        help='COCO annotations, written at each change; one of ours is gone on with (%(default)s)',
    )  # fmt: skip
    add('--labels', default='', metavar='NAME,…', help='classes to choose from')
    add(
        '--coco', choices=('rle', 'polygons'), default='rle',
        help='how the file has the masks; those with a hole are always rle (%(default)s)',
    )  # fmt: skip
    add('--port', type=int, default=0, help='on 127.0.0.1; 0: one that is free (%(default)s)')
    add('--open', action='store_true', help='open the page in the browser')
    add('--verbose', action='store_true', help='say what the page asks for')


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    if not arguments.input and not arguments.topic:
        raise ConfigError('nothing to show; give images, folders or videos, or --topic')
    labels = [label for label in arguments.labels.split(',') if label.strip()]
    with ExitStack() as stack:
        document = Document(
            user_path(arguments.out), labels, as_polygons=arguments.coco == 'polygons'
        )
        pictures = stack.enter_context(Pictures(arguments.input))
        sam = stack.enter_context(
            PromptableSegmenter.open(
                arguments.model,
                backend=arguments.backend,
                threads=arguments.threads,
                **parse_settings(arguments.set, model=arguments.model),
            )
        )
        follower = stack.enter_context(
            Follower(
                lambda: VideoTracker.open(
                    arguments.track_model, backend=arguments.backend, threads=arguments.threads
                )
            )
        )
        if arguments.track_model != _FOLLOWS:
            # What was chosen and cannot be opened is told now, and not when it is needed.
            follower.open()
        live: Live | None = None
        if arguments.topic:
            from ..ros.latest_image import LatestImage

            live = stack.enter_context(LatestImage(arguments.topic))
        session = stack.enter_context(Session(sam, pictures, document, follower, live))
        server = stack.enter_context(
            PageServer(session, arguments.port, verbose=arguments.verbose)
        )
        stopped = stack.enter_context(Stopping())
        begun = f'{len(document.marks)} objects are in it' if document.marks else 'a new file'
        print(f'annotations: {document.path} ({begun})')
        print(f'page: {server.address}', flush=True)
        print('The address is for you alone. Ctrl-C ends', flush=True)
        if arguments.open and not server.open_page():
            print('no browser could be opened; open the address yourself', flush=True)
        server.timeout = _WAKE_S
        while not stopped():
            server.handle_request()
        _tell(session, document)
    return 0


def _tell(session: Session, document: Document) -> None:
    """Write what could not be written before, and say what is saved where."""
    if document.unsaved:
        session.save()
    objects, pictures = session.totals()
    where = f'saved in {document.path}' if document.path.exists() else 'nothing was written'
    print(
        f'\n{objects} object{"s" * (objects != 1)} on {pictures} '
        f'picture{"s" * (pictures != 1)}: {where}'
    )
