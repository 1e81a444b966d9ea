"""`isaac-seg evaluate` of networks that are shown objects."""

from __future__ import annotations

import argparse
from typing import Any

from .figures import figure_text
from ..table import show_table
from ...catalog.model_folders import find_manifest
from ...errors import ConfigError
from ...evaluation.prompted import KINDS, measure_prompted
from ...evaluation.samples import DataSet
from ...families.sam import SAM
from ...progress import Progress
from ...promptable import PromptableSegmenter


def add_prompts(parser: argparse.ArgumentParser) -> None:
    """Declare what objects are shown by."""
    parser.add_argument(
        '--prompts', choices=KINDS, help='how models of family sam are shown each object: by its '
        'true box, or by the point of its mask that is farthest from the edge (box)',
    )  # fmt: skip


def is_prompted(arguments: argparse.Namespace) -> bool:
    """Say whether the model is shown objects; raise ConfigError for a misfit."""
    manifest = find_manifest(arguments.model)
    if manifest.family == SAM.name:
        return True
    if arguments.prompts and manifest.family not in ('', 'auto'):
        raise ConfigError(f'model {manifest.name} takes no prompts; leave --prompts out')
    return bool(arguments.prompts)


def measure_arguments(
    arguments: argparse.Namespace, data: DataSet, settings: dict[str, Any]
) -> dict[str, Any]:
    """Measure the model that the arguments name."""
    with (
        PromptableSegmenter.open(
            arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
        ) as sam,
        Progress('evaluate', len(data)) as bar,
    ):
        return measure_prompted(
            lambda image, prompts: sam.predict(sam.encode(image), **prompts),
            data,
            arguments.prompts or KINDS[0],
            on_step=bar.step,
        ).to_json()


def show_prompted(content: dict[str, Any]) -> None:
    """Print the overlaps by category and by size."""
    rows = [('class', 'objects', 'IoU')]
    rows += [
        (one['name'], str(one['objects']), figure_text(one['mean_iou']))
        for one in content['categories']
        if one['objects']
    ]
    show_table(rows)
    counts = content['objects']
    print(
        f'mean IoU by {content["prompts"]}: '
        + ', '.join(
            f'{name} {figure_text(value)} ({counts[name]})'
            for name, value in content['mean_iou'].items()
        )
    )
    passed = f', {content["passed_over"]} passed over' if content['passed_over'] else ''
    print(
        f'{content["pictures"]} pictures, {counts["all"]} objects{passed}, '
        f'{content["median_ms"]:.1f} ms each picture (median)'
    )
