"""What every test may use."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path
import random
import socket
import sys

import numpy as np
import pytest

# Where participants of a ROS domain listen first; see the port arithmetic of DDS.
_FIRST_PORT, _PORTS_OF_A_DOMAIN = 7410, 250


def _free_domain() -> int:
    """Return a domain in which nobody on this machine is: two runs must not hear each other."""
    # Processes that share the tests choose at the same time, each from domains of its own.
    own = int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw'))
    domains = range(1 + own, 101, int(os.environ.get('PYTEST_XDIST_WORKER_COUNT', '1')))
    for domain in random.sample(domains, len(domains)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(('', _FIRST_PORT + _PORTS_OF_A_DOMAIN * domain))
            return domain
    raise pytest.UsageError('all ROS domains from 1 to 100 are in use; set ROS_DOMAIN_ID')


# Processes that share the tests between them are runs of their own.
if 'PYTEST_XDIST_WORKER' in os.environ or 'ROS_DOMAIN_ID' not in os.environ:
    os.environ['ROS_DOMAIN_ID'] = str(_free_domain())
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
# Makers that tests of several folders share lie beside this file.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def random_numbers() -> np.random.Generator:
    """Give numbers that are the same in each run."""
    return np.random.default_rng(0)
