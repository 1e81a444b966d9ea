"""`isaac-seg demo`: a moving scene through composed nodes, then figures and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from .table import show_table
from ..blend import legend
from ..errors import ConfigError
from ..media import write_image
from ..model_folders import find_manifest
from ..palette import DEFAULT, Palette
from ..progress import Progress

EXAMPLE = 'isaac-seg demo --seconds 10'
_ROWS: Final = ('image', 'color', 'overlay')
_GAP: Final = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('--model', default='tiny-unet', help='model (%(default)s)')
    parser.add_argument('--seconds', type=float, default=8.0, help='how long (%(default)s)')
    parser.add_argument(
        '--rate', type=float, default=15.0, help='images in a second (%(default)s)'
    )
    parser.add_argument(
        '--out', type=Path, default=Path('out/demo'), help='folder for the pictures (%(default)s)'
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the graph, show the figures, write the pictures."""
    if not 1 <= arguments.seconds <= 3600:
        raise ConfigError(f'--seconds is {arguments.seconds:g}; 1 to 3600 is expected')
    manifest = find_manifest(arguments.model)
    from ..ros.demo import run_demo

    arguments.out.mkdir(parents=True, exist_ok=True)
    print('scene publisher -> encoder -> inference -> decoder -> overlay, composed on real rclpy')
    with Progress('demo', arguments.seconds, unit=' s') as bar:
        result = run_demo(
            model=arguments.model,
            classes=max(len(manifest.labels), 7),
            seconds=arguments.seconds,
            rate=arguments.rate,
            on_progress=bar.at,
        )
    if not result.latencies_s.size or not result.moments:
        raise ConfigError('no mask arrived; see the log above for the reason')
    _show(result)
    palette = Palette(manifest.palette) if manifest.palette else DEFAULT
    path = arguments.out / 'demo.png'
    write_image(path, _grid(result.moments, manifest.labels, palette))
    print(f'\nPictures: {path}')
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


def _grid(moments: Any, names: tuple[str, ...], palette: Palette) -> Any:
    """Return one column for each moment: image, mask, overlay; the legend beside."""
    columns = []
    for moment in moments:
        pictures = [getattr(moment, row) for row in _ROWS]
        columns.append(np.concatenate([_framed(picture) for picture in pictures]))
    grid = np.concatenate(columns, axis=1)
    present = range(max(len(names), 1))
    side = legend(names, palette, present, grid.shape[0])
    return np.ascontiguousarray(np.concatenate([grid, side], axis=1))


def _framed(picture: Any) -> Any:
    half = np.ascontiguousarray(picture[::2, ::2])
    return np.pad(half, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
