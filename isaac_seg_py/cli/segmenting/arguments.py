"""The words of `isaac-seg segment`: ours, and those that segNet has for the same things."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
from typing import Any, Final

from .prompted import add_prompt_arguments
from ..arguments.settings import add_backend, add_settings, parse_settings
from ..pictures.results import Outputs
from ...catalog.label_sets import read_color_file, read_label_file
from ...errors import ConfigError
from ...picture_files import IMAGE_SUFFIXES
from ...user_files import user_path

_NOBODY: Final = 'none'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    _add_places(parser)
    _add_network(parser.add_argument_group('which network'))
    add_prompt_arguments(parser.add_argument_group('what to look for (models of family sam)'))
    _add_masks(parser.add_argument_group('how masks are made'))
    _add_pictures(parser.add_argument_group('what is written'))
    _add_counts(parser.add_argument_group('over all pictures'))


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group('what goes in and where it goes').add_argument
    add(
        'input',
        nargs='+',
        help='images, folders (without those in them), quoted patterns, videos, /dev/video0, '
        'rtsp:// or http:// addresses of videos; Ctrl-C ends a camera',
    )
    add(
        'output',
        help='folder; or the one file to write, overlay.png for an image, overlay.mp4 for a '
        'video; with the place of a number, overlay_%%i.png, one for each image',
    )
    add('--overwrite', action='store_true', help='replace files that are there')


def _add_network(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--model', '--network', metavar='MODEL', default='',
        help='name (isaac-seg models lists them), manifest or ONNX file (tiny-unet; tiny-sam with '
        '--box, --point or --everything)',
    )  # fmt: skip
    add('--labels', metavar='FILE', help="a class's name on each line, in place of the model's")
    add(
        '--colors', metavar='FILE',
        help="a class's red, green, blue and perhaps opacity in the overlay, 0 to 255, on each "
        "line, in place of the model's",
    )  # fmt: skip
    _add_spellings(group, '--input-blob', metavar='NAME', help="the network's input (found)")
    _add_spellings(group, '--output-blob', metavar='NAME', help="the network's output (found)")
    add_backend(group)


def _add_masks(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    _add_spellings(
        group, '--filter-mode', choices=('linear', 'point'),
        help='how masks grow to the size of the image',
    )  # fmt: skip
    _add_spellings(
        group, '--ignore-class', metavar='CLASS',
        help='name or number of a class that is never chosen: the next best is',
    )  # fmt: skip
    add('--mask-frame', choices=('image', 'network'), help='size of the masks')
    add_settings(group)


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add('--visualize', metavar='WHAT', help='overlay, mask or both (both)')
    add(
        '--alpha',
        type=float,
        default=0.5,
        help='share of the image in the overlay (%(default)s); '
        'above 1: opacity of the mask from 0 to 255, as segNet has it',
    )
    add(
        '--background', metavar='CLASS',
        help='class that the overlay leaves as it is: name, number or none (as the model says)',
    )  # fmt: skip
    add(
        '--color-by', choices=('object', 'class'),
        help='colours of objects: each its own, or by class (object; class with --legend)',
    )  # fmt: skip
    add(
        '--no-marks', action='store_true',
        help='no outlines, boxes and names over the objects of the overlay',
    )  # fmt: skip
    add('--no-json', action='store_true', help='write no JSON')


def _add_counts(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add('--legend', metavar='FILE', help='write the colours and names of the classes')
    add('--stats', action='store_true', help='print pixels, share and images of each class')
    add(
        '--stats-json', action='store_true',
        help='print the same as JSON, in place of everything else',
    )  # fmt: skip


def _add_spellings(group: argparse._ArgumentGroup, name: str, **facts: Any) -> None:
    """Declare an option that jetson-inference writes with lines or with dashes."""
    group.add_argument(name, **facts)
    # Shown once; argparse would show both.
    hidden = {**facts, 'help': argparse.SUPPRESS, 'default': argparse.SUPPRESS}
    other = name[:2] + name[2:].replace('-', '_')
    group.add_argument(other, dest=name[2:].replace('-', '_'), **hidden)


def chosen_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of the network that the options name."""
    settings = parse_settings(arguments.set, model=arguments.model)
    for name in ('filter_mode', 'mask_frame', 'ignore_class'):
        if getattr(arguments, name):
            settings[name] = getattr(arguments, name)
    if arguments.labels:
        settings['class_names'] = read_label_file(user_path(arguments.labels))
    if arguments.colors:
        palette = read_color_file(user_path(arguments.colors))
        settings |= {'color_palette': palette.colors, 'class_alphas': palette.alphas}
    return settings


def chosen_outputs(arguments: argparse.Namespace, *, of_network_size: bool) -> Outputs:
    """Return what is to be written."""
    return Outputs(
        pictures=_pictures(arguments.visualize, of_network_size),
        opacity=_opacity(arguments.alpha),
        json=not arguments.no_json,
        color_by=arguments.color_by or ('class' if arguments.legend else 'object'),
        marks=not arguments.no_marks,
    )


def chosen_legend(arguments: argparse.Namespace) -> Path | None:
    """Return the file of the legend, None where none is wanted."""
    if arguments.legend is None:
        return None
    path = user_path(arguments.legend)
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise ConfigError(
            f'--legend is {arguments.legend!r}; a file that ends with one of '
            f'{", ".join(IMAGE_SUFFIXES)} is expected'
        )
    return path


def find_background(text: str, names: tuple[str, ...]) -> int | None:
    """Return the number of the class that an overlay leaves as it is."""
    plain = [name.casefold() for name in names]
    if text.casefold() in plain:
        return plain.index(text.casefold())
    if text.casefold() == _NOBODY:
        return None
    # Of nothing but ASCII digits: Python reads numbers of other scripts as well.
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return int(text)
    raise ConfigError(
        f'--background is {text!r}; none, a number from 0 or one of '
        f'{", ".join(names) or "no names"} is expected'
    )


def _pictures(text: str | None, of_network_size: bool) -> tuple[str, ...]:
    """Return the kinds of picture; of a single file the first one is written."""
    words = ['overlay', 'mask'] if text in (None, 'both') else text.replace('|', ',').split(',')
    words = list(dict.fromkeys(words))
    unknown = [word for word in words if word not in ('overlay', 'mask')]
    if unknown:
        raise ConfigError(f'--visualize is {text!r}; overlay, mask or both is expected')
    if of_network_size and 'overlay' in words:
        if text is not None:
            raise ConfigError(
                f'--visualize is {text!r}, but masks of the size of the network cannot lie over '
                'the image; give --visualize mask, or leave mask_frame away'
            )
        print(
            "isaac-seg: no overlay is written: the masks have the network's size", file=sys.stderr
        )
        words.remove('overlay')
    return tuple(words)


def _opacity(alpha: float) -> float:
    """Return the share of the image, from a share or from segNet's opacity of the mask."""
    if not 0 <= alpha <= 255:
        raise ConfigError(f'--alpha is {alpha:g}; 0 to 1, or 0 to 255, is expected')
    return alpha if alpha <= 1 else 1 - alpha / 255
