"""`isaac-seg bench`: how fast a graph is, by ros2_benchmark's method and frame by frame."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
import json
import os
from pathlib import Path
import tempfile
from typing import Any, Final

from .arguments.assignments import parse_assignments
from .arguments.picture_size import parse_size
from .measuring.subjects import Asked, TRANSPORTS
from .table import show_table
from ..benchmark import compatible_figures, find_peak, measure, SearchLimits, Subject
from ..benchmark.device_use import DeviceUse
from ..benchmark.measuring import warm_up
from ..benchmark.plots import plot_latencies
from ..benchmark.report import Report
from ..errors import ConfigError
from ..images import RawImage
from ..picture_files import write_image
from ..progress import Progress
from ..scenes import make_scene
from ..user_files import folder_for_results, user_path

EXAMPLE = 'isaac-seg bench unet model:=identity --transport ros-2 --json bench.json'
_RATES: Final = (10.0, 30.0, 60.0)
_RATE_LIMITS: Final = (0.1, 10_000.0)
_ITERATIONS: Final = 5
_SEED: Final = 832_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('graph', nargs='?', default='unet', help='graph (unet)')
    add(
        'arguments', nargs='*', metavar='NAME:=VALUE',
        help='arguments of the graph; model:=identity is a network that does nothing',
    )  # fmt: skip
    ways = '; '.join(f'{name}: {text}' for name, text in TRANSPORTS.items())
    add('--transport', choices=TRANSPORTS, default='inproc', help=f'{ways} (%(default)s)')
    add(
        '--rate', type=float, nargs='+', default=None, metavar='HZ',
        help='images in a second; several are run one after the other (10 30 60)',
    )  # fmt: skip
    add('--peak', action='store_true', help='search the highest rate that is kept up with, too')
    add('--seconds', type=float, default=5.0, help='of each run (%(default)s)')
    add(
        '--iterations', type=int, default=_ITERATIONS, metavar='N',
        help='runs at the peak; the best and the worst are left out (%(default)s)',
    )  # fmt: skip
    add('--size', default='720x1280', metavar='HxW', help='of the images (%(default)s)')
    add('--json', default='', metavar='FILE', help='write all figures')
    add('--plot', default='', metavar='FILE', help='write the latencies as a picture')


def run(arguments: argparse.Namespace) -> int:
    """Measure, show the table, write the files."""
    rates = _checked(arguments)
    image = RawImage.from_array(make_scene(_SEED, parse_size(arguments.size)).image, 'rgb8')
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        given = parse_assignments(arguments.arguments)
        asked = Asked.read(arguments.graph, given, folder)
        device = DeviceUse.open()
        if device is not None:
            stack.enter_context(device)
        about = {
            'TRANSPORT': arguments.transport,
            'MODEL': Path(asked.model).stem,
            'CONFIG': ' '.join(arguments.arguments),
            'DEVICE': None if device is None else device.name,
            'CORES': os.cpu_count(),
            'LOAD': os.getloadavg()[0],
        }
        report = Report(f'isaac-seg bench {arguments.graph}', image, about)
        subject = stack.enter_context(asked.open(arguments.transport, image))
        took = warm_up(subject)
        _fixed(report, subject, rates, arguments.seconds, device)
        if arguments.peak:
            _peak(report, subject, took, arguments, device)
    print(f'{arguments.graph}, {about["MODEL"]}, {arguments.transport}, {arguments.size} images')
    show_table(report.rows())
    if arguments.peak:
        print(f'highest rate kept up with: {report.peak:.1f} Hz')
    _write(report, arguments)
    return 0


def _checked(arguments: argparse.Namespace) -> list[float]:
    rates = list(arguments.rate if arguments.rate is not None else _RATES)
    low, high = _RATE_LIMITS
    for rate in rates:
        if not low <= rate <= high:
            raise ConfigError(f'--rate is {rate:g}; {low:g} to {high:g} is expected')
    if not 0.2 <= arguments.seconds <= 3600:
        raise ConfigError(f'--seconds is {arguments.seconds:g}; 0.2 to 3600 is expected')
    if not 1 <= arguments.iterations <= 100:
        raise ConfigError(f'--iterations is {arguments.iterations}; 1 to 100 is expected')
    return rates


def _fixed(
    report: Report, subject: Subject, rates: list[float], seconds: float, device: DeviceUse | None
) -> None:
    with Progress('fixed rates', sum(rates) * seconds) as bar:
        for rate in rates:
            report.runs.append(
                measure(subject, rate, seconds, device=device, on_sent=lambda sent: bar.step())
            )


def _peak(
    report: Report, subject: Subject, took: float, arguments: Any, device: DeviceUse | None
) -> None:
    # What takes one image a second alone is not asked for 3000: three stages give thrice as much.
    alone = 1 / max(took, 1e-6)
    limits = SearchLimits()
    limits = SearchLimits(lower=min(limits.lower, alone / 4), upper=min(limits.upper, 4 * alone))
    with Progress('peak search', None) as bar:

        def probe(rate: float) -> dict[str, float]:
            figures = compatible_figures(measure(subject, rate, arguments.seconds))
            bar.step()
            return figures

        report.peak = find_peak(probe, limits)
    if not report.peak:
        return
    count = arguments.iterations
    with Progress('at the peak', count) as bar:
        for _ in range(count):
            report.peak_runs.append(
                measure(subject, report.peak, arguments.seconds, device=device)
            )
            bar.step()


def _write(report: Report, arguments: argparse.Namespace) -> None:
    if arguments.json:
        path = user_path(arguments.json)
        with folder_for_results(path.parent):
            path.write_text(json.dumps(report.to_json(), indent=2) + '\n', encoding='utf-8')
        print(f'Figures: {path}')
    if arguments.plot:
        path = user_path(arguments.plot)
        runs = {f'{run.rate:g} Hz': run for run in report.runs}
        runs |= {f'peak, {run.rate:.1f} Hz': run for run in report.peak_runs[:1]}
        with folder_for_results(path.parent):
            write_image(path, plot_latencies(runs, report.name))
        print(f'Plot: {path}')
