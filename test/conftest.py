"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path
import random
import sys

import numpy as np
import pytest

# Two runs on one machine must not hear each other.
os.environ.setdefault('ROS_DOMAIN_ID', str(random.randint(1, 100)))
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
# Makers that tests of several folders share lie beside this file.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def random_numbers() -> np.random.Generator:
    """Give numbers that are the same in each run."""
    return np.random.default_rng(0)
