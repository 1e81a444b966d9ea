"""The file of a benchmark, laid out as ros2_benchmark's, and the rows of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
import hashlib
import platform
from typing import Any, Final

from .figures import compatible_figures, strict_figures, trimmed
from .measuring import Run
from ..images import RawImage

_BASIC: Final = 'BasicPerformanceMetrics.'
_LOOPING: Final = 1
HEAD: Final = (
    'rate', 'fps', 'missed', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'CPU ms', 'RSS MB',
)  # fmt: skip


@dataclass
class Report:
    """
    Collects the runs of one benchmark.

    `about` goes into the metadata by name; `peak_runs` are the iterations at the peak, `runs`
    those at fixed rates.
    """

    name: str
    image: RawImage
    about: Mapping[str, Any]
    peak: float = 0.0
    peak_runs: list[Run] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return everything, with what ros2_benchmark does not have below `strict`."""
        content: dict[str, Any] = {}
        if self.peak_runs:
            content |= trimmed([compatible_figures(run) for run in self.peak_runs])
        for run in self.runs:
            content[f'{run.rate:.1f}fps'] = compatible_figures(run)
        height, width = self.image.size
        content['custom'] = {'data_resolution': f'({width},{height})'}
        content['strict'] = {
            **{f'{run.rate:.1f}fps': strict_figures(run) for run in self.runs},
            'peak': [strict_figures(run) for run in self.peak_runs],
        }
        content['metadata'] = self._metadata()
        return content

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: one row for each run, under its head."""
        rows: list[tuple[str, ...]] = [HEAD]
        for run in self.runs:
            rows.append(_row(f'{run.rate:g} Hz', run))
        for run in self.peak_runs:
            rows.append(_row(f'peak, {run.rate:.1f} Hz', run))
        return rows

    def _metadata(self) -> dict[str, Any]:
        pixels = self.image.data.tobytes()
        now = datetime.now(timezone.utc)
        told = {
            'NAME': self.name,
            'TEST_DATETIME': now.strftime('%Y-%m-%dT%H:%M:%SZ'),
            'DEVICE_HOSTNAME': platform.node(),
            'DEVICE_ARCH': platform.machine(),
            'DEVICE_OS': f'{platform.system()} {platform.release()} {platform.version()}',
            'BENCHMARK_MODE': _LOOPING,
            'PEAK_THROUGHPUT_PREDICTION': self.peak,
            'INPUT_DATA_SIZE': len(pixels),
            'INPUT_DATA_HASH': hashlib.md5(pixels, usedforsecurity=False).hexdigest(),
            **self.about,
        }
        return {f'BenchmarkMetadata.{name}': value for name, value in told.items()}


def _row(rate: str, run: Run) -> tuple[str, ...]:
    strict = strict_figures(run)
    fps = compatible_figures(run)[_BASIC + 'MEAN_FRAME_RATE']
    latency = strict['latency_ms'].values()
    return (
        rate,
        f'{fps:.1f}',
        f'{strict["frames"] - strict["results"]} of {strict["frames"]}',
        *('-' if value is None else f'{value:.2f}' for value in latency),
        f'{1e3 * sum(strict["cpu_s_per_frame"].values()):.2f}',
        f'{sum(strict["rss_mb"].values()):.0f}',
    )
