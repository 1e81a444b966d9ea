"""
`make bench`: the table of targets; `FULL=1 make bench` measures longer, and everything else too.

    python -m bench              the table
    python -m bench hop stages   only these rows
    python -m bench folder       what has a table of its own
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import time

from . import rows as table

# What fills the table of targets, and what prints a table of its own.
_ROWS = (
    'composed', 'hop', 'two_processes', 'floor', 'hugging_face', 'segment_anything',
    'large', 'stages', 'start', 'device',
)  # fmt: skip
_OTHERS = ('folder', 'prompts', 'scaling')


def main(names: list[str]) -> None:
    """Measure what is named, or all."""
    if {'-h', '--help'} & set(names):
        print(f'{inspect.cleandoc(str(__doc__))}\n')
        print(f'Rows of the table: {", ".join(_ROWS)}. Tables of their own: {", ".join(_OTHERS)}.')
        return
    full = os.environ.get('FULL', '') not in ('', '0')
    unknown = [name for name in names if name not in (*_ROWS, *_OTHERS)]
    if unknown:
        known = ', '.join((*_ROWS, *_OTHERS))
        raise SystemExit(f'bench: {unknown[0]!r} is unknown; {known} are there')
    wanted = names or [*_ROWS, *(_OTHERS if full else ())]
    load, begin = os.getloadavg()[0], time.monotonic()
    found: list[table.Row] = []
    for name in wanted:
        module = importlib.import_module(f'bench.{name}')
        if name in _OTHERS:
            module.main()
        else:
            found += module.rows(full)
    if not found:
        return
    print()
    table.show(found)
    after = os.getloadavg()[0]
    print(f'{time.monotonic() - begin:.0f} s; load {load:.2f} before, {after:.2f} after')
    if load > os.cpu_count() / 4:
        print('other work ran beside this: the figures are upper bounds')
    if not names:
        print(f'Figures: {table.save(found, load)}; python -m bench.page puts them into the docs')


if __name__ == '__main__':
    main(sys.argv[1:])
