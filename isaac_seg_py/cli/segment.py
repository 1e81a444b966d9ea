"""`isaac-seg segment`: images, folders and videos in; masks, pictures and JSON out."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import statistics
import sys
import time
from typing import Any, Final

from .chosen_settings import parse_settings
from .results import Names, Outputs, StillWriter, VideoResults
from ..errors import ConfigError
from ..media import IMAGE_SUFFIXES, open_source, Source
from ..progress import Progress
from ..segmenter import Segmenter
from ..user_files import user_path

EXAMPLE = 'isaac-seg segment --model tiny-unet photos/ masks/'
_PENDING: Final = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('input', nargs='+', help='images, folders, quoted patterns, videos or /dev/video0')
    add('output', help='folder, or the file to write where the input is one image')
    add(
        '--model',
        '--network',
        default='tiny-unet',
        help='name, manifest or ONNX file (%(default)s)',
    )
    add('--visualize', default='both', metavar='WHAT', help='overlay, mask or both (%(default)s)')
    add(
        '--alpha',
        type=float,
        default=0.5,
        help='share of the image in the overlay (%(default)s); '
        'above 1: opacity of the mask from 0 to 255, as segNet has it',
    )
    add(
        '--filter-mode',
        choices=('linear', 'point'),
        help='how masks grow to the size of the image',
    )
    add('--mask-frame', choices=('image', 'network'), help='size of the masks')
    add('--no-json', action='store_true', help='write no JSON')
    add('--overwrite', action='store_true', help='replace files that are there')
    add('--backend', default='auto', help='library that runs the network (%(default)s)')
    add('--threads', type=int, default=0, help='threads for a network on the CPU; 0: one per core')
    add(
        '--set',
        action='append',
        default=[],
        metavar='NAME=VALUE',
        help='any other setting of encoder or decoder, see docs/parameters.md',
    )


def run(arguments: argparse.Namespace) -> int:
    """Segment everything and say where the results are."""
    outputs = Outputs(
        pictures=_pictures(arguments.visualize),
        opacity=_opacity(arguments.alpha),
        json=not arguments.no_json,
        overwrite=arguments.overwrite,
    )
    settings = parse_settings(arguments.set)
    for name in ('filter_mode', 'mask_frame'):
        if getattr(arguments, name):
            settings[name] = getattr(arguments, name)
    bad: list[str] = []
    sources = [open_source(source, bad.append) for source in arguments.input]
    file = _single_file(arguments, sources)
    if file:
        outputs.free(file, user_path(arguments.input[0]))
    folder = user_path(arguments.output)
    folder = folder.parent if file else folder
    folder.mkdir(parents=True, exist_ok=True)
    with Segmenter.open(
        arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
    ) as segment:
        times = _work(segment, sources, outputs, folder, file)
    for text in bad:
        print(f'isaac-seg: passed over: {text}', file=sys.stderr)
    if not times:
        raise ConfigError('no image could be read, so nothing was written')
    passed = f', {len(bad)} passed over' if bad else ''
    print(
        f'{len(times)} images, {statistics.median(times) * 1e3:.1f} ms each (median){passed}; '
        f'results in {file or folder}'
    )
    return 0


def _work(
    segment: Segmenter, sources: list[Source], outputs: Outputs, folder: Path, file: Path | None
) -> list[float]:
    times: list[float] = []
    known = [source.count for source in sources]
    total = None if None in known else sum(count or 0 for count in known)
    names = Names()
    stills = StillWriter(outputs, folder, file, names)
    # One thread writes while the next picture is segmented; few wait, so that memory stays small.
    with ThreadPoolExecutor(1) as writer, Progress('segment', total) as bar:
        for source in sources:
            pending: list[Any] = []
            with _results(source, outputs, folder, stills, names) as results:
                for frame in source.frames:
                    begin = time.perf_counter()
                    # The masks' memory is not used again while the writer still holds them.
                    found = segment(frame.image, want_scores=outputs.json)
                    times.append(time.perf_counter() - begin)
                    pending.append(writer.submit(results.write, frame, found))
                    if len(pending) > _PENDING:
                        pending.pop(0).result()
                    bar.step()
                for job in pending:
                    job.result()
    return times


def _results(
    source: Source, outputs: Outputs, folder: Path, stills: StillWriter, names: Names
) -> Any:
    return VideoResults(outputs, folder, source.rate, names) if source.is_video else stills


def _single_file(arguments: argparse.Namespace, sources: list[Source]) -> Path | None:
    """Return the file to write where the output names one, None where it names a folder."""
    path = user_path(arguments.output)
    if path.suffix.lower() not in IMAGE_SUFFIXES or path.is_dir():
        return None
    single = len(sources) == 1 and sources[0].count == 1 and not sources[0].is_video
    if not single:
        raise ConfigError(
            f'{arguments.output!r} is a file, but several pictures come; give a folder'
        )
    return path


def _pictures(text: str) -> tuple[str, ...]:
    """Return the kinds of picture; of a single file the first one is written."""
    words = text.replace('|', ',').split(',')
    if text == 'both':
        return 'overlay', 'mask'
    unknown = [word for word in words if word not in ('overlay', 'mask')]
    if unknown:
        raise ConfigError(f'--visualize is {text!r}; overlay, mask or both is expected')
    return tuple(words)


def _opacity(alpha: float) -> float:
    """Return the share of the image, from a share or from segNet's opacity of the mask."""
    if not 0 <= alpha <= 255:
        raise ConfigError(f'--alpha is {alpha:g}; 0 to 1, or 0 to 255, is expected')
    return alpha if alpha <= 1 else 1 - alpha / 255
