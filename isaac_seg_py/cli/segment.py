"""`isaac-seg segment`: images, folders, videos and cameras in; masks, pictures and JSON out."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
import json
import statistics
import sys
import time
from typing import Any, Final

from .counted import counted
from .pictures.class_counts import ClassCounts
from .pictures.planned_files import Plan
from .pictures.work import Work
from .segmenting.arguments import (
    add_arguments,
    chosen_legend,
    chosen_outputs,
    chosen_settings,
    find_background,
)
from .segmenting.prompted import default_model, is_prompted, PromptedSegment
from .segmenting.segnet_network import open_network
from .stopped import tell_stopped
from .table import show_table
from ..bags.stopping import Stopping
from ..errors import ConfigError
from ..media import open_source
from ..segmenter import Segmenter
from ..user_files import folder_for_results

__all__ = ['EXAMPLE', 'add_arguments', 'run']

_FEW: Final = 8
"""Up to so many pictures, what was found is told in a line."""
EXAMPLE = """isaac-seg segment photos/ masks/
  isaac-seg segment --network fcn-resnet18-voc-320x320 --alpha 120 in.jpg out.jpg
  isaac-seg segment --model tiny-sam --box 40,30,200,180 --point 90,80 in.jpg out/
  isaac-seg segment --model net.onnx --labels labels.txt --colors colors.txt 'in/*.png' out/
  isaac-seg segment --visualize overlay --stats --legend out/legend.png drive.mp4 out/"""


def run(arguments: argparse.Namespace) -> int:
    """Segment everything and say where the results are."""
    begin = time.perf_counter()
    arguments.model = arguments.model or default_model(arguments)
    settings = chosen_settings(arguments)
    outputs = chosen_outputs(arguments, of_network_size=settings.get('mask_frame') == 'network')
    legend = chosen_legend(arguments)
    bad: list[str] = []
    cut: list[str] = []
    sources = [open_source(source, bad.append, cut.append) for source in arguments.input]
    plan = Plan.of(arguments.output, arguments.input, sources)
    endings = [outputs.endings(is_video=source.is_video) for source in sources]
    plan.check(endings, overwrite=arguments.overwrite, beside=[legend] if legend else [])
    known = [_FEW + 1 if source.count is None else source.count for source in sources]
    counts = sum(known) <= _FEW or legend or arguments.stats or arguments.stats_json
    with ExitStack() as stack:
        segment = _opened(arguments, settings)
        stack.enter_context(segment)
        names = settings.get('class_names') or segment.manifest.labels
        if arguments.background is not None:
            outputs = replace(outputs, background=find_background(arguments.background, names))
        stopped = stack.enter_context(Stopping())
        for folder in (plan.folder, *([legend.parent] if legend else [])):
            stack.enter_context(folder_for_results(folder))
        work = Work(segment, outputs, plan, ClassCounts() if counts else None, stopped)
        work.run(sources)
        remarks = segment.remarks if isinstance(segment, PromptedSegment) else []
        left = [source.passed_over for source in sources if source.passed_over]
        for text in [*(f'passed over: {text}' for text in [*left, *bad]), *cut, *remarks]:
            print(f'isaac-seg: {text}', file=sys.stderr)
        if not work.times and not stopped():
            raise ConfigError('no image could be read, so nothing was written')
        if legend and work.counts and work.times:
            work.counts.write_legend(legend)
    _tell(work, len(bad), time.perf_counter() - begin, arguments)
    return tell_stopped(stopped)


def _opened(
    arguments: argparse.Namespace, settings: dict[str, Any]
) -> Segmenter | PromptedSegment:
    shared = {'backend': arguments.backend, 'threads': arguments.threads, **settings}
    if is_prompted(arguments):
        return PromptedSegment.open(arguments, **shared)
    return open_network(
        arguments.model,
        input_name=arguments.input_blob or '',
        output_name=arguments.output_blob or '',
        **shared,
    )


def _tell(work: Work, bad: int, seconds: float, arguments: argparse.Namespace) -> None:
    """Print what was done, and what was found."""
    times = work.times
    median = statistics.median(times) * 1e3 if times else 0.0
    if arguments.stats_json:
        facts = {
            'images': len(times),
            'passed_over': bad,
            'median_ms': median,
            'seconds': seconds,
            **({} if work.objects is None else {'objects': work.objects}),
            'results': work.plan.shown,
            'classes': work.counts.to_json() if work.counts else [],
        }
        print(json.dumps(facts))
        return
    passed = f', {bad} passed over' if bad else ''
    print(
        f'{counted(len(times), "image")}{passed}: '
        f'{median:.1f} ms from pixels to mask (median), '
        f'{seconds:.1f} s in all{_objects(work.objects, arguments)}; '
        f'results in {work.plan.shown}'
    )
    if arguments.stats and work.counts:
        show_table(work.counts.rows())
    elif work.counts and len(times) <= _FEW and (found := work.counts.in_a_line()):
        print(f'found: {found}')


def _objects(count: int | None, arguments: argparse.Namespace) -> str:
    """Return how many objects were found, and what may find more, of a network of objects."""
    if count is None:
        return ''
    if count:
        return f'; {counted(count, "object")}'
    if arguments.everything:
        return (
            '; no objects found (a lower pred_iou_thresh or stability_score_thresh lets less '
            'certain masks stay: --set pred_iou_thresh=0.5)'
        )
    return '; no objects found'
