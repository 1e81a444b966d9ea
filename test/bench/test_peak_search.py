"""The search finds the rate that a subject of known strength keeps up with."""

from __future__ import annotations

from isaac_seg_py.benchmark import find_peak, SearchLimits
import pytest


def probe_of(strength: float, asked: list[float]):
    """Return a probe of a subject that does so many images in a second and drops the others."""

    def probe(rate: float) -> dict[str, float]:
        asked.append(rate)
        sent = 5 * rate
        came = min(rate, strength) * 5
        return {
            'BasicPerformanceMetrics.MEAN_PLAYBACK_FRAME_RATE': rate,
            'BasicPerformanceMetrics.MEAN_FRAME_RATE': came / 5,
            'BasicPerformanceMetrics.NUM_FRAMES_SENT': sent,
            'BasicPerformanceMetrics.NUM_MISSED_FRAMES': sent - came,
        }

    return probe


@pytest.mark.parametrize('strength', [33.0, 100.0, 777.0, 2000.0])
def test_it_finds_the_rate_within_its_tolerances(strength: float) -> None:
    asked: list[float] = []
    peak = find_peak(probe_of(strength, asked), SearchLimits())
    # 5 % of the images may be lost and the rate may fall by 5 Hz, so it may end that much above.
    assert strength - 10 <= peak <= strength * 1.06
    assert len(asked) < 40


def test_a_slow_network_is_not_found_only_to_the_nearest_ten_hertz() -> None:
    limits = SearchLimits(lower=0.5, upper=8.0)
    assert find_peak(probe_of(2.2, []), limits) == pytest.approx(2.2, rel=0.12)


def test_what_does_not_keep_up_with_the_lowest_rate_has_no_peak() -> None:
    assert find_peak(probe_of(4.0, []), SearchLimits()) == 0


def test_it_never_asks_for_more_than_the_upper_end() -> None:
    asked: list[float] = []
    assert find_peak(probe_of(1e6, asked), SearchLimits(upper=100)) <= 100
    assert max(asked) <= 100
