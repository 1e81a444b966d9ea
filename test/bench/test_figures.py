"""What is made of a run whose times are known by heart."""

from __future__ import annotations

from isaac_seg_py.benchmark import compatible_figures, Run, strict_figures, trimmed
from isaac_seg_py.benchmark.playback import Sent
import numpy as np
import pytest

MS = 10**6


def run_of(latencies_ms: dict[int, float], count: int = 11) -> Run:
    """Return a run of images every 100 ms, of which some came after so long."""
    stamps = np.arange(count, dtype=np.int64) * 100 * MS
    rows = [(stamps[number], stamps[number] + int(ms * MS)) for number, ms in latencies_ms.items()]
    came = np.array(rows, np.int64).reshape(-1, 2)
    sent = Sent(stamps, stamps + MS, 0.011)
    samples = {'OVERALL_CPU': [10.0, 20.0, 60.0]}
    return Run(10.0, sent, came, {'graph': 0.5}, {'graph': 80.0}, 'none', samples)


def named(figures: dict[str, float], name: str) -> float:
    return figures[f'BasicPerformanceMetrics.{name}']


def test_rates_count_as_in_ros2_benchmark() -> None:
    figures = compatible_figures(run_of(dict.fromkeys(range(11), 5.0)))
    # Eleven images in ten periods: it divides by the time from the first to the last.
    assert named(figures, 'MEAN_PLAYBACK_FRAME_RATE') == pytest.approx(11.0)
    assert named(figures, 'MEAN_FRAME_RATE') == pytest.approx(11.0)
    assert named(figures, 'RECEIVED_DURATION') == pytest.approx(1000.0)
    assert named(figures, 'NUM_MISSED_FRAMES') == 0
    assert named(figures, 'MAX_JITTER') == 0


def test_its_latency_starts_after_handing_over_and_knows_only_both_ends() -> None:
    figures = compatible_figures(run_of({0: 5.0, 1: 90.0, 10: 7.0}))
    assert named(figures, 'FIRST_SENT_RECEIVED_LATENCY') == pytest.approx(4.0)
    assert named(figures, 'LAST_SENT_RECEIVED_LATENCY') == pytest.approx(6.0)
    assert named(figures, 'NUM_MISSED_FRAMES') == 8


def test_strict_latency_is_that_of_each_image_from_before_it_was_sent() -> None:
    figures = strict_figures(run_of({number: float(number) for number in range(11)}))
    assert figures['latency_ms'] == pytest.approx({'p50': 5, 'p90': 9, 'p99': 9.9, 'max': 10})
    assert figures['drop_rate'] == 0
    assert figures['cpu_s_per_frame'] == {'graph': pytest.approx(0.5 / 11)}
    assert figures['player_cpu_s_per_frame'] == pytest.approx(0.001)
    assert figures['device_utilization'] is None


def test_a_result_that_came_twice_does_not_hide_a_lost_one() -> None:
    run = run_of({0: 5.0, 1: 5.0})
    twice = Run(10.0, run.sent, np.repeat(run.came, 2, 0), run.cpu_s, run.rss_mb)
    figures = strict_figures(twice)
    assert figures['results'] == 2
    assert figures['drop_rate'] == pytest.approx(9 / 11)


def test_no_result_at_all_gives_no_figures_instead_of_wrong_ones() -> None:
    run = run_of({})
    assert named(compatible_figures(run), 'MEAN_FRAME_RATE') == 0
    assert strict_figures(run)['latency_ms'] == dict.fromkeys(('p50', 'p90', 'p99', 'max'))


def test_samples_of_the_machine_have_their_names() -> None:
    figures = compatible_figures(run_of({0: 1.0}))
    values = [
        figures[f'ResourceMetrics.{word}_OVERALL_CPU_UTILIZATION']
        for word in ('BASELINE', 'MAX', 'MIN', 'MEAN')
    ]
    assert values == [10.0, 60.0, 10.0, 30.0]


def test_the_best_and_the_worst_of_five_are_left_out() -> None:
    rates = [{'BasicPerformanceMetrics.MEAN_FRAME_RATE': value} for value in (1.0, 9, 5, 6, 7)]
    assert trimmed(rates) == {'BasicPerformanceMetrics.MEAN_FRAME_RATE': 6.0}
    jitters = [{'BasicPerformanceMetrics.MAX_JITTER': value} for value in (1.0, 9, 5, 6, 7)]
    assert trimmed(jitters) == {'BasicPerformanceMetrics.MAX_JITTER': 9.0}


def test_one_run_stays_as_it_is() -> None:
    assert trimmed([{'x': 3.0}]) == {'x': 3.0}
