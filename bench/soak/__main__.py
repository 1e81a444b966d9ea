"""`make soak`: run every graph with troubles; say what it held and what became of each image."""

from __future__ import annotations

import argparse
import os
import random
import sys

from isaac_seg_py.ros.process_start import prepare_process

from .chains import CHAINS


def main() -> None:
    """Run the graphs one after the other; exit with 1 where one of them grew or lost something."""
    parser = argparse.ArgumentParser(prog='make soak', description=__doc__)
    parser.add_argument('--minutes', type=float, default=10.0, help='for all graphs together')
    parser.add_argument('--graph', choices=sorted(CHAINS), action='append', help='default: all')
    parser.add_argument('--seed', type=int, default=1)
    given = parser.parse_args()
    if given.minutes <= 0:
        parser.error('--minutes must be more than 0')
    names = given.graph or list(CHAINS)
    # As the container and `isaac-seg run` do, but before rclpy is there: its threads would take
    # arenas of their own, of which the C library never gives back the top. That made memory
    # come and go by 25 MB, and with one arena it is 6 MB.
    prepare_process()
    # Away from the domains that tests and people use; the other process is given the same.
    os.environ.setdefault('ROS_DOMAIN_ID', str(random.randrange(215, 232)))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    from .course import soak, visited

    seconds = 60 * given.minutes / len(names)
    with visited():
        good = [soak(name, seconds, random.Random(given.seed)) for name in names]
    sys.exit(0 if all(good) else 1)


if __name__ == '__main__':
    main()
