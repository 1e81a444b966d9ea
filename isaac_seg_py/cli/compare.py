"""`isaac-seg compare`: how far two backends or precisions of a network are apart, and where."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from pathlib import Path
import tempfile
from typing import Any, Final

from .arguments.settings import parse_settings
from .comparing.differences import compare_layers, compare_outputs
from .comparing.inputs import inputs_for
from .comparing.side import Side
from .table import show_table
from ..config import EncodeConfig
from ..errors import ConfigError
from ..settings import settings_of

EXAMPLE = 'isaac-seg compare tiny-unet @fp16 --inputs docs/images/scene.png'
_ENCODER: Final = settings_of(EncodeConfig)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('left', metavar='A', help='MODEL[@BACKEND][@PRECISION], such as tiny-unet@tensorrt@fp16')
    add('right', metavar='B', help='the same; @fp16 alone is A in another precision')
    add('--inputs', nargs='+', metavar='IMAGE', help='images, folders, videos; else made scenes')
    add('--count', type=int, default=4, help='how many images at most (%(default)s)')
    add('--tolerance', type=float, default=0.02, metavar='PART',
        help='a layer diverges when it differs by more than this part of its largest number '
        '(%(default)s)')  # fmt: skip
    add('--set', action='append', default=[], metavar='NAME=VALUE', help='setting of the encoder')
    add('--json', action='store_true', help='print JSON, with every layer; null: no number')


def run(arguments: argparse.Namespace) -> int:
    """Compare outputs, then layers."""
    if arguments.count < 1:
        raise ConfigError(f'--count is {arguments.count}; 1 or more is expected')
    if not 0 <= arguments.tolerance < math.inf:
        raise ConfigError(f'--tolerance is {arguments.tolerance:g}; a part from 0 on is expected')
    left = Side.parse(arguments.left)
    right = Side.parse(arguments.right, left)
    settings = {k: v for k, v in parse_settings(arguments.set).items() if k in _ENCODER}
    with tempfile.TemporaryDirectory(prefix='isaac_seg_') as text:
        folders = Path(text) / 'left', Path(text) / 'right'
        for folder in folders:
            folder.mkdir()
        with contextlib.ExitStack() as held:
            networks = [
                held.enter_context(side.open(side.model, folder))
                for side, folder in zip((left, right), folders, strict=True)
            ]
            given = list(
                inputs_for(left.manifest, networks[0], arguments.inputs, arguments.count, settings)
            )
            outputs, alone = compare_outputs(left.manifest, networks, given)
        layers = compare_layers((left, right), folders, given)
    diverging = next((row for row in layers if row['relative'] > arguments.tolerance), None)
    facts = {
        'left': left.text, 'right': right.text, 'inputs': len(given), 'outputs': outputs,
        'only_left': alone[0], 'only_right': alone[1],
        'tolerance': arguments.tolerance, 'first_diverging': diverging, 'layers': layers,
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(_plain(facts), indent=2, allow_nan=False))
    else:
        _show(facts)
    return 1 if any(alone) else 0


def _plain(value: Any) -> Any:
    """Return facts with None for what JSON has no number for: NaN and the infinite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _show(facts: dict[str, Any]) -> None:
    rows = [('output', 'largest difference', 'mean', 'largest value', 'same class')]
    for row in facts['outputs']:
        figures = (f'{row[key]:.3g}' for key in ('largest', 'mean', 'of_at_most'))
        rows.append((row['output'], *figures, f'{row["same_class"]:.3%}'))
    show_table(rows)
    print(f'{facts["left"]} and {facts["right"]} on {facts["inputs"]} inputs')
    for side in ('left', 'right'):
        for name in facts[f'only_{side}']:
            print(f'only {facts[side]} ({side}) has the output {name!r}')
    layers = facts['layers']
    if not layers:
        print('the two have no layers in common that could be compared')
        return
    first = facts['first_diverging']
    if first is None:
        worst = max(layers, key=lambda row: float(row['relative']))
        print(f'no layer of {len(layers)} diverges by more than {facts["tolerance"]:.1%}; '
              f'furthest apart: {_layer(worst)}')  # fmt: skip
    else:
        print(f'first layer that diverges by more than {facts["tolerance"]:.1%}: {_layer(first)}')


def _layer(row: dict[str, Any]) -> str:
    return f'{row["layer"]} ({row["operator"]}), {row["relative"]:.2%}'
