"""What is told of a bag whose images were segmented."""

from __future__ import annotations

import sys
from typing import Any


def tell_report(report: Any, faults: list[str]) -> None:
    """Name what could not be read, kept or segmented."""
    lines = [*faults]
    if report.left_out:
        lines.append(
            f'{len(report.left_out)} attachments or metadata are left out, which only MCAP holds: '
            f'{", ".join(report.left_out)}'
        )
    for name, count in report.bad.items():
        lines.append(
            f'{count} images of {name} have no mask; the first: {report.first_fault[name]}'
        )
    for name, count in report.depths.items():
        lines.append(f'{count} images of {name} hold depths and have no mask')
    if report.unknown:
        kinds = ', '.join(f'{name} ({count})' for name, count in report.unknown.items())
        lines.append(f'kept without knowing their types: {kinds}')
    for line in lines:
        print(f'isaac-seg: {line}', file=sys.stderr)
