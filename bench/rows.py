"""Rows of the table of targets, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
import json
import os
from pathlib import Path
import platform
from typing import Any

from isaac_seg_py.benchmark.device_use import DeviceUse
from isaac_seg_py.cli.table import show_table

FILE = Path('out/bench/targets.json')
HEAD = ('what', 'target', 'figure', 'ratio', 'verdict')


@dataclass(frozen=True)
class Row:
    """
    One target.

    `ratio` says how many times better than the target, or than the peer, the figure is. `why` is
    the reason of a row that was not run, with the command that runs it; `details` are what the
    figure comes from.
    """

    what: str
    target: str
    figure: str = '-'
    ratio: float | None = None
    verdict: str = 'not run'
    why: str = ''
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def below(cls, what: str, limit: float, value: float, unit: str, **details: Any) -> Row:
        """Return the row of a figure that must not be above its limit."""
        verdict = 'pass' if value <= limit else 'MISS'
        ratio = limit / value if limit and value else None
        return cls(
            what, f'<= {limit:g} {unit}', f'{value:.3g} {unit}', ratio, verdict, details=details
        )

    @classmethod
    def times(cls, what: str, least: float, ratio: float, **details: Any) -> Row:
        """Return the row of a ratio that must not be below its limit."""
        verdict = 'pass' if ratio >= least else 'MISS'
        return cls(what, f'>= {least:g} times', f'{ratio:.2f} times', ratio, verdict,
                   details=details)  # fmt: skip

    @classmethod
    def note(cls, what: str, figure: str, **details: Any) -> Row:
        """Return a row that stands beside another one, without a target of its own."""
        return cls(what, '', figure, None, '', details=details)


def show(rows: Sequence[Row]) -> None:
    """Print the table, and below it why rows were not run."""
    cells = [
        (row.what, row.target, row.figure, '' if row.ratio is None else f'{row.ratio:.2f}',
         row.verdict)
        for row in rows
    ]  # fmt: skip
    show_table([HEAD, *cells])
    for why in dict.fromkeys(row.why for row in rows if row.why):
        print(f'not run: {why}')


def save(rows: Sequence[Row], load: float) -> Path:
    """Write the file that `python -m bench.page` reads."""
    device = DeviceUse.open()
    content = {
        'time': datetime.now(timezone.utc).strftime('%Y-%m-%d %H:%M UTC'),
        'machine': platform.machine(),
        'cores': os.cpu_count(),
        'device': None if device is None else device.name,
        'load': {'before': load, 'after': os.getloadavg()[0]},
        'versions': versions(),
        'rows': [asdict(row) for row in rows],
    }
    if device is not None:
        device.close()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
    return FILE


def versions() -> dict[str, str]:
    """Return what the figures depend on, by name."""
    import cv2
    import onnxruntime
    import rclpy

    return {
        'Python': platform.python_version(),
        'OpenCV': cv2.__version__,
        'ONNX Runtime': onnxruntime.__version__,
        'middleware': rclpy.get_rmw_implementation_identifier(),
    }
