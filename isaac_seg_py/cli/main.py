"""`isaac-seg`: finds the verb, runs it, and turns errors into one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import difflib
import importlib
import os
import re
import sys
from typing import Any, Final

from .. import __version__
from ..errors import SegmentationError

VERBS: Final = {
    'annotate': 'mark objects on a local page, by clicks, and save COCO annotations',
    'bag': 'add masks to the images of a recorded bag',
    'bench': 'measure how fast a graph is: rates, latencies, processor time',
    'build': 'build a TensorRT engine from an ONNX model',
    'click': 'show objects by clicks in a window, and follow them through a video',
    'compare': 'compare two backends or precisions of a model, layer by layer',
    'demo': 'see the suite at work: a moving scene through composed ROS 2 nodes',
    'evaluate': 'measure how good a model is on data whose truth is known',
    'export': 'make an ONNX file of a network of PyTorch',
    'inspect': 'show what a model takes and gives',
    'models': 'list models, show what is known of one, fetch and check them',
    'run': 'run a graph of ROS 2 nodes in this process',
    'scenes': 'make pictures with known truth, as a data set or a bag',
    'segment': 'segment images, folders and videos',
    'track': 'follow objects through a video or a recorded bag',
}
_PACKAGES: Final = {
    'rclpy': 'source a ROS 2 installation, or run it in the environment that `make test` sets up',
    'cv2': 'pip install opencv-python-headless',
    'yaml': 'pip install pyyaml',
    **dict.fromkeys(('lz4', 'mcap', 'rosbags', 'zstandard'), 'pip install mcap rosbags'),
    'pycocotools': 'pip install pycocotools',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    _mend_streams()
    try:
        code = _run(given)
        # What is printed is written here, where an error of it can be told.
        sys.stdout.flush()
        return code
    except SegmentationError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        hint = _PACKAGES.get((error.name or '').partition('.')[0])
        if hint is None:
            raise
        return _fail(f'Python package {error.name} is missing: {hint}')
    except BrokenPipeError:
        # What reads our output has gone, as `head` does: there is nobody to tell.
        _discard_output()
        return 0
    except OSError as error:
        where = f' {error.filename!r}' if error.filename else ''
        _discard_output()
        return _fail(f'{error.strerror or error}{where}')
    except KeyboardInterrupt:
        print('isaac-seg: stopped before the end', file=sys.stderr)
        return 130


def _run(given: list[str]) -> int:
    if not given or given[0].startswith('-'):
        parser = _overview()
        parser.parse_args(given)
        parser.print_help()
        return 0
    verb = given[0]
    if verb not in VERBS:
        close = difflib.get_close_matches(verb, VERBS, 1)
        hint = f' Did you mean {close[0]}?' if close else ''
        return _fail(f'no verb {verb!r}.{hint} Known are {", ".join(VERBS)}')
    # Only the verb in use is imported: none waits for what another one needs.
    module: Any = importlib.import_module(f'.{verb}', __package__)
    parser = _Parser(
        prog=f'isaac-seg {verb}',
        description=VERBS[verb][0].upper() + VERBS[verb][1:] + '.',
        epilog=f'example:\n  {module.EXAMPLE}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    try:
        # Options may stand between the other words.
        arguments = parser.parse_intermixed_args(given[1:])
    except TypeError:
        # A verb with verbs of its own cannot have that.
        arguments = parser.parse_args(given[1:])
    code: int = module.run(arguments)
    return code


def _overview() -> argparse.ArgumentParser:
    parser = _Parser(prog='isaac-seg', description='Segmentation for ROS 2, in Python.')
    parser.add_argument('--version', action='version', version=f'isaac-seg {__version__}')
    verbs = parser.add_subparsers(metavar='VERB', title='verbs', parser_class=_Parser)
    for name, text in VERBS.items():
        verbs.add_parser(name, help=text)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def __init__(self, *given: Any, **facts: Any) -> None:
        """Take what begins with a minus and a digit for numbers, as in `--point -5,20`."""
        super().__init__(*given, **facts)
        self._negative_number_matcher = re.compile(r'-\.?\d')

    def error(self, message: str) -> Any:
        """End with exit code 2."""
        kind, _, words = message.partition('unrecognized arguments: ')
        wrong = [word.partition('=')[0] for word in words.split() if word.startswith('-')]
        close = [
            match
            for word in wrong if not kind
            for match in difflib.get_close_matches(word, self._option_string_actions, 1)
        ]  # fmt: skip
        hint = f' Did you mean {", ".join(close)}?' if close else ''
        self.exit(2, f'isaac-seg: error: {message}.{hint} See {self.prog} --help\n')


def _fail(message: str) -> int:
    print(f'isaac-seg: error: {" ".join(message.split())}', file=sys.stderr)
    return 2


def _mend_streams() -> None:
    """Put the void where the shell has closed an output: `>&-` leaves None in its place."""
    for name in ('stdout', 'stderr'):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, 'w'))  # noqa: SIM115


def _discard_output() -> None:
    """Keep Python from writing at its end what could not be written."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
