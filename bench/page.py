"""`python -m bench.page`: put the figures of the last `make bench` into docs/performance.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .rows import FILE

PAGE = Path('docs/performance.md')
BEGIN, END = '<!-- bench.page: begin -->', '<!-- bench.page: end -->'


def as_markdown(content: dict[str, Any]) -> str:
    """Return the table with what it was measured on."""
    versions = ', '.join(f'{name} {value}' for name, value in content['versions'].items())
    load = content['load']
    lines = [
        f'`make bench`, {content["time"]}, {content["machine"]}, {content["cores"]} cores, '
        f'{content["device"] or "no GPU"},',
        f'load {load["before"]:.2f} before and {load["after"]:.2f} after; {versions}.',
        '',
        '| What | Target | Figure | Ratio | |',
        '|---|---|---|---|---|',
    ]
    for row in content['rows']:
        ratio = '' if row['ratio'] is None else f'{row["ratio"]:.2f}'
        cells = row['what'], row['target'], row['figure'], ratio, row['verdict']
        lines.append(f'| {" | ".join(cells)} |')
    reasons = dict.fromkeys(row['why'] for row in content['rows'] if row['why'])
    lines += ['', *(f'- Not run: {why}' for why in reasons)] if reasons else []
    return '\n'.join(lines)


def main() -> None:
    """Replace what stands between the two marks."""
    if not FILE.is_file():
        raise SystemExit(f'bench.page: {FILE} is not there; type make bench first')
    text = PAGE.read_text(encoding='utf-8')
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f'bench.page: {PAGE} needs the lines {BEGIN} and {END}, once each')
    table = as_markdown(json.loads(FILE.read_text(encoding='utf-8')))
    before, rest = text.split(BEGIN)
    PAGE.write_text(f'{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}', encoding='utf-8')
    print(f'{PAGE} has the figures of {FILE}')


if __name__ == '__main__':
    main()
