"""What the stages must cost at most beside the plain way to do the same, in one run."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

from isaac_seg_py import rle
import numpy as np
import pytest
from stage_costs import PAIRS

pytestmark = pytest.mark.alone

# Least and most that was measured at loads to 18, and what it is with the fast path taken out.
LIMITS = {
    'encoder': 0.8,  # 0.34 to 0.37; 1.1
    'decoder': 0.6,  # 0.23 to 0.36; 1.2 where every pixel is mixed
    'winners': 0.75,  # 0.29 to 0.52; 1.6 with NumPy's arg-max
    'colours': 0.2,  # 0.05 to 0.08; 1
    'run_lengths': 3.5,  # 1.7 to 2; 7 where each run is packed by itself
}


@pytest.fixture(scope='module')
def ratios() -> dict[str, float]:
    """Measure in a process of its own."""
    script = Path(__file__).parent.parent / 'stage_costs.py'
    done = subprocess.run(
        [sys.executable, script], check=True, capture_output=True, text=True, timeout=120
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize('stage', PAIRS)
def test_a_stage_costs_less_than_the_plain_way(stage: str, ratios: dict[str, float]) -> None:
    assert ratios[stage] <= LIMITS[stage]


def test_both_ways_do_the_same() -> None:
    found = {name: [one() for one in pair()] for name, pair in PAIRS.items()}
    ours, plain = found.pop('run_lengths')
    mask = rle.decode(ours)
    assert plain.size > 4000
    flat = mask.T.reshape(-1)
    np.testing.assert_array_equal(np.flatnonzero(flat[1:] != flat[:-1]), plain)
    for name, (ours, plain) in found.items():
        # Rounding may decide otherwise where two classes are equal, and moves a shade.
        same = np.isclose(ours, plain, atol=0.02)
        assert ours.shape == plain.shape and same.mean() > 0.999, name
