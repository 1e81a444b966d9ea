"""`isaac-seg segment`: images, folders and videos in; masks, pictures and JSON out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import statistics
import sys
import time
from typing import Any, Final

from .chosen_settings import parse_settings
from .planned_files import Plan
from .results import Outputs, StillWriter, VideoResults
from ..errors import ConfigError
from ..media import open_source, Source
from ..progress import Progress
from ..segmenter import Segmenter
from ..user_files import folder_for_results

EXAMPLE = 'isaac-seg segment --model tiny-unet photos/ masks/'
_PENDING: Final = 4
_INPUTS: Final = 'images, folders (without those in them), quoted patterns, videos or /dev/video0'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('input', nargs='+', help=_INPUTS)
    add(
        'output',
        help='folder; or the one file to write, overlay.png for an image, overlay.mp4 for a video',
    )
    add(
        '--model',
        '--network',
        default='tiny-unet',
        help='name, manifest or ONNX file (%(default)s)',
    )
    add('--visualize', metavar='WHAT', help='overlay, mask or both (both)')
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
        help='any other setting of encoder, inference or decoder, see docs/parameters.md',
    )


def run(arguments: argparse.Namespace) -> int:
    """Segment everything and say where the results are."""
    begin = time.perf_counter()
    settings = parse_settings(arguments.set)
    for name in ('filter_mode', 'mask_frame'):
        if getattr(arguments, name):
            settings[name] = getattr(arguments, name)
    outputs = Outputs(
        pictures=_pictures(arguments.visualize, settings.get('mask_frame') == 'network'),
        opacity=_opacity(arguments.alpha),
        json=not arguments.no_json,
    )
    bad: list[str] = []
    cut: list[str] = []
    sources = [open_source(source, bad.append, cut.append) for source in arguments.input]
    plan = Plan.of(arguments.output, arguments.input, sources)
    endings = [outputs.endings(is_video=source.is_video) for source in sources]
    plan.check(endings, overwrite=arguments.overwrite)
    with (
        Segmenter.open(
            arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
        ) as segment,
        folder_for_results(plan.folder),
    ):
        times = _work(segment, sources, outputs, plan)
        for text in [*(f'passed over: {text}' for text in bad), *cut]:
            print(f'isaac-seg: {text}', file=sys.stderr)
        if not times:
            raise ConfigError('no image could be read, so nothing was written')
    passed = f', {len(bad)} passed over' if bad else ''
    print(
        f'{len(times)} image{"s" * (len(times) != 1)}{passed}: '
        f'{statistics.median(times) * 1e3:.1f} ms from pixels to mask (median), '
        f'{time.perf_counter() - begin:.1f} s in all; results in {plan.file or plan.folder}'
    )
    return 0


def _work(segment: Segmenter, sources: list[Source], outputs: Outputs, plan: Plan) -> list[float]:
    times: list[float] = []
    known = [source.count for source in sources]
    total = None if None in known else sum(count or 0 for count in known)
    # One thread writes while the next picture is segmented; few wait, so that memory stays small.
    with ThreadPoolExecutor(1) as writer, Progress('segment', total) as bar:
        for source, stems in zip(sources, plan.stems, strict=True):
            pending: list[Any] = []
            with _results(source, outputs, stems, plan.file) as results:
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
    source: Source, outputs: Outputs, stems: Mapping[Path, Path], file: Path | None
) -> StillWriter | VideoResults:
    if source.is_video:
        return VideoResults(outputs, stems[source.files[0]], source.rate, file)
    return StillWriter(outputs, stems, file)


def _pictures(text: str | None, of_network_size: bool) -> tuple[str, ...]:
    """Return the kinds of picture; of a single file the first one is written."""
    words = ['overlay', 'mask'] if text in (None, 'both') else text.replace('|', ',').split(',')
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
