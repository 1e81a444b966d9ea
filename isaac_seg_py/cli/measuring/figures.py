"""How good a network is, as tables for people."""

from __future__ import annotations

from typing import Any

from ..table import show_table


def show_figures(content: dict[str, Any]) -> None:
    """Print what was measured of classes and of objects."""
    pixels, objects = content.get('semantic'), content.get('instances')
    if pixels:
        rows = [('class', 'pixels', 'IoU', 'accuracy', 'precision')]
        rows += [
            (
                one['name'],
                str(one['pixels']),
                *map(figure_text, (one['iou'], one['accuracy'], one['precision'])),
            )
            for one in pixels['classes']
        ]
        show_table(rows)
        print(
            f'mean IoU {figure_text(pixels["mean_iou"])}, frequency-weighted '
            f'{figure_text(pixels["frequency_weighted_iou"])}, pixel accuracy '
            f'{figure_text(pixels["pixel_accuracy"])}, mean accuracy '
            f'{figure_text(pixels["mean_accuracy"])}'
        )
    if objects:
        columns = ('AP', 'AP50')
        boxes = {one['id']: one for one in objects['box']['classes']}
        table = [('class', *(f'{kind} {c}' for kind in ('mask', 'box') for c in columns))]
        table += [
            (one['name'], *(figure_text(of[c]) for of in (one, boxes[one['id']]) for c in columns))
            for one in objects['mask']['classes']
        ]
        show_table(table)
        for kind in ('mask', 'box'):
            found = objects[kind]
            names = ('AP', 'AP50', 'AP75', 'AR1', 'AR10', 'AR100')
            print(f'{kind}: ' + ', '.join(f'{name} {figure_text(found[name])}' for name in names))
    print(f'{content["pictures"]} pictures, {content["median_ms"]:.1f} ms each (median)')


def figure_text(value: float | None) -> str:
    """Return three digits of a figure, or a dash where there is none."""
    return '-' if value is None else f'{value:.3f}'
