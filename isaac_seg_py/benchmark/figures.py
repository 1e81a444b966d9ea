"""Figures of runs: those of ros2_benchmark by its names, and stricter ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from .measuring import Run

_BASIC: Final = 'BasicPerformanceMetrics.'
_RESOURCE: Final = 'ResourceMetrics.'
# Of several runs the worst is kept, as there; of all others the mean without both ends.
_LARGEST: Final = ('MAX_LATENCY', 'MAX_JITTER', 'MEAN_JITTER')
_SMALLEST: Final = ('MIN_LATENCY', 'MIN_JITTER')


def compatible_figures(run: Run) -> dict[str, float]:
    """Return the figures of one run as ros2_benchmark has them, times in milliseconds."""
    starts, ends = run.sent.handed_over, np.sort(run.came[:, 1])
    figures = {
        'NUM_FRAMES_SENT': float(len(starts)),
        'NUM_MISSED_FRAMES': float(len(starts) - len(ends)),
        'MEAN_PLAYBACK_FRAME_RATE': len(starts) / _seconds(starts),
    }
    if len(ends) > 1:
        figures |= {
            'RECEIVED_DURATION': 1e3 * _seconds(ends),
            'MEAN_FRAME_RATE': len(ends) / _seconds(ends),
            'FIRST_SENT_RECEIVED_LATENCY': (ends[0] - starts[0]) / 1e6,
            'LAST_SENT_RECEIVED_LATENCY': (ends[-1] - starts[-1]) / 1e6,
        }
    else:
        figures['MEAN_FRAME_RATE'] = 0.0
    jitter = np.abs(np.diff(ends, 2)) / 1e6
    if jitter.size:
        figures |= {
            'MAX_JITTER': jitter.max(),
            'MIN_JITTER': jitter.min(),
            'MEAN_JITTER': jitter.mean(),
            'STD_DEV_JITTER': jitter.std(),
        }
    named = {_BASIC + name: float(value) for name, value in figures.items()}
    return named | _machine_figures(run.samples)


def strict_figures(run: Run) -> dict[str, Any]:
    """Return what each frame met, from just before it was sent to its result, and what it took."""
    latencies = (run.came[:, 1] - run.came[:, 0]) / 1e6
    frames, came = len(run.sent.stamps), len(np.unique(run.came[:, 0]))
    p50, p90, p99, most = (
        np.percentile(latencies, [50, 90, 99, 100]) if latencies.size else [np.nan] * 4
    )
    each = max(came, 1)
    device = run.samples.get('DEVICE')
    memory = run.samples.get('DEVICE_MEMORY')
    return {
        'frames': frames,
        'results': came,
        'drop_rate': 1 - came / frames,
        'latency_ms': {
            name: _or_none(value)
            for name, value in (('p50', p50), ('p90', p90), ('p99', p99), ('max', most))
        },
        'cpu_s_per_frame': {name: seconds / each for name, seconds in run.cpu_s.items()},
        # It is part of the process that plays.
        'player_cpu_s_per_frame': run.sent.cpu_s / frames,
        'rss_mb': dict(run.rss_mb),
        'device_utilization': None if not device else float(np.mean(device)),
        'device_memory': None if not memory else float(np.max(memory)),
        'copies': run.copies,
    }


def trimmed(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return one set of figures of several runs."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    return {name: _of_all(name, sorted(run[name] for run in runs)) for name in names}


def _of_all(name: str, values: Sequence[float]) -> float:
    plain = name.removeprefix(_BASIC)
    if plain in _LARGEST:
        return values[-1]
    if plain in _SMALLEST:
        return values[0]
    return float(np.mean(values[1:-1] if len(values) > 2 else values))


def _machine_figures(samples: Mapping[str, list[float]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, values in samples.items():
        array = np.array(values)
        for word, value in (
            ('BASELINE', array[0]),
            ('MAX', array.max()),
            ('MIN', array.min()),
            ('MEAN', array.mean()),
            ('STDDEV', array.std()),
        ):
            figures[f'{_RESOURCE}{word}_{name}_UTILIZATION'] = float(value)
    return figures


def _seconds(times: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    return max(float(times[-1] - times[0]) / 1e9, 1e-9)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
