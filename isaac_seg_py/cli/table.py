"""Show a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence


def show_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a head: the first column flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print('  '.join(cells))
        if number == 0:
            print('  '.join('-' * width for width in widths))
