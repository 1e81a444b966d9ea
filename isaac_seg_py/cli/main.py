"""`isaac-seg`: finds the verb, runs it, and turns errors into one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import difflib
import importlib
import os
import sys
from typing import Any, Final

from .. import __version__
from ..errors import SegmentationError

VERBS: Final = {
    'demo': 'see the suite at work: a moving scene through composed ROS 2 nodes',
    'inspect': 'show what a model takes and gives',
    'models': 'list the models',
    'run': 'run a graph of ROS 2 nodes in this process',
    'segment': 'segment images, folders and videos',
}
_PACKAGES: Final = {
    'rclpy': 'source a ROS 2 installation, or run it in the environment that `make test` sets up',
    'cv2': 'pip install opencv-python-headless',
    'yaml': 'pip install pyyaml',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(given)
    except SegmentationError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        hint = _PACKAGES.get((error.name or '').partition('.')[0])
        if hint is None:
            raise
        return _fail(f'Python package {error.name} is missing: {hint}')
    except BrokenPipeError:
        # What reads our output has gone, as `head` does: there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f' {error.filename!r}' if error.filename else ''
        return _fail(f'{error.strerror or error}{where}')
    except KeyboardInterrupt:
        return 130


def _run(given: list[str]) -> int:
    verb = next((word for word in given if not word.startswith('-')), None)
    if verb is not None and given[0] == verb and verb not in VERBS:
        close = difflib.get_close_matches(verb, VERBS, 1)
        hint = f' Did you mean {close[0]}?' if close else ''
        return _fail(f'no verb {verb!r}.{hint} Known are {", ".join(VERBS)}')
    parser = _parser(verb if given and given[0] == verb else None)
    arguments = parser.parse_args(given)
    if not hasattr(arguments, 'run'):
        parser.print_help()
        return 0
    code: int = arguments.run(arguments)
    return code


def _parser(verb: str | None) -> argparse.ArgumentParser:
    parser = _Parser(prog='isaac-seg', description='Segmentation for ROS 2, in Python.')
    parser.add_argument('--version', action='version', version=f'isaac-seg {__version__}')
    verbs = parser.add_subparsers(metavar='VERB', title='verbs', parser_class=_Parser)
    for name, text in VERBS.items():
        # Only the verb in use is imported: none waits for what another one needs.
        module: Any = importlib.import_module(f'.{name}', __package__) if name == verb else None
        example = f'example:\n  {module.EXAMPLE}' if module else None
        sub = verbs.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + '.',
            epilog=example,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> Any:
        """End with exit code 2."""
        hint = f'; see {self.prog} --help'
        self.exit(2, f'isaac-seg: error: {message}{hint}\n')


def _fail(message: str) -> int:
    print(f'isaac-seg: error: {" ".join(message.split())}', file=sys.stderr)
    return 2
