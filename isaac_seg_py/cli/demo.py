"""
`isaac-seg demo`: a moving scene through composed nodes, then figures and pictures.

Behind it objects are followed through a video, for one more picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from .pictures.grid import picture_grid
from .table import show_table
from .tracking.strip import make_track_strip
from ..catalog.model_folders import find_manifest
from ..errors import ConfigError
from ..media import write_image
from ..palette import DEFAULT, Palette
from ..progress import Progress
from ..user_files import folder_for_results, user_path

EXAMPLE = 'isaac-seg demo --seconds 10'
# Of 820000 to 820011 the one in the middle: half of them are segmented better, half worse.
_SEED: Final = 820_002
_RATES: Final = (0.01, 1000.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('--model', default='tiny-unet', help='model (%(default)s)')
    parser.add_argument('--seconds', type=float, default=8.0, help='how long (%(default)s)')
    parser.add_argument(
        '--rate', type=float, default=15.0, help='images in a second (%(default)s)'
    )
    parser.add_argument('--seed', type=int, default=_SEED, help='which scene (%(default)s)')
    parser.add_argument(
        '--out', type=Path, default=Path('out/demo'), help='folder for the pictures (%(default)s)'
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the graph, show the figures, write the pictures."""
    if not 1 <= arguments.seconds <= 3600:
        raise ConfigError(f'--seconds is {arguments.seconds:g}; 1 to 3600 is expected')
    if not _RATES[0] <= arguments.rate <= _RATES[1]:
        raise ConfigError(
            f'--rate is {arguments.rate:g}; {_RATES[0]:g} to {_RATES[1]:g} is expected'
        )
    manifest = find_manifest(arguments.model)
    from ..ros.demo import run_demo

    print('scene publisher -> encoder -> inference -> decoder -> overlay, composed on real rclpy')
    with Progress('demo', arguments.seconds, unit=' s') as bar:
        result = run_demo(
            model=arguments.model,
            classes=max(len(manifest.labels), 7),
            seconds=arguments.seconds,
            rate=arguments.rate,
            seed=arguments.seed,
            on_progress=bar.at,
        )
    if not result.latencies_s.size or not result.moments:
        raise ConfigError('no mask arrived; see the log above for the reason')
    _show(result)
    palette = Palette(manifest.palette) if manifest.palette else DEFAULT
    folder = user_path(arguments.out)
    path, strip_path = folder / 'demo.png', folder / 'track.png'
    with folder_for_results(folder):
        write_image(path, picture_grid(_rows(result.moments, palette), manifest.labels, palette))
        strip = make_track_strip()
        write_image(strip_path, strip.picture)
    print(
        f'{strip.objects} objects followed through {strip.frames} pictures by tiny-sam2, '
        f'{strip.median_s * 1e3:.1f} ms each (median), mean IoU with the truth '
        f'{strip.mean_iou:.3f}\n\nPictures: {path}, {strip_path}'
    )
    return 0


def _show(result: Any) -> None:
    rows = [('stage', 'frames', 'dropped', 'p50 ms', 'p95 ms')]
    for name, stage in result.stages.items():
        figures = f'{stage.p50_ms:.1f}', f'{stage.p95_ms:.1f}'
        rows.append((name, str(stage.done), str(stage.lost), *figures))
    p50, p95 = np.percentile(result.latencies_s, [50, 95]) * 1e3
    masks = len(result.latencies_s)
    lost = str(result.sent - masks)
    rows.append(('image stamp to mask', str(masks), lost, f'{p50:.1f}', f'{p95:.1f}'))
    show_table(rows)
    print(
        f'{result.sent} images sent, {masks} masks, {masks / result.seconds:.1f} per second, '
        f'mean IoU with the truth {result.mean_iou:.3f}'
    )


def _rows(moments: Any, palette: Palette) -> dict[str, list[Any]]:
    """Return the pictures of the moments by the titles of their rows."""
    return {
        'image': [moment.image for moment in moments],
        'truth': [palette.color(moment.truth) for moment in moments],
        'mask': [moment.color for moment in moments],
        'overlay': [moment.overlay for moment in moments],
    }
