"""Topic in to topic out across two processes, with and without the shipped Fast DDS profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from isaac_seg_py.benchmark import measure
from isaac_seg_py.benchmark.figures import strict_figures
from isaac_seg_py.benchmark.measuring import warm_up
from isaac_seg_py.images import RawImage
from isaac_seg_py.progress import Progress
from isaac_seg_py.ros.process_start import prepare_process
from isaac_seg_py.ros.timed_graph import TimedGraph
from isaac_seg_py.scenes import make_scene

from .rows import Row

VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
RATE = 30.0
SEED = 832_000
TARGET = 5.0


def here(seconds: float) -> dict[str, Any]:
    """Play to a relay in another process; both have the environment of this one."""
    image = RawImage.from_array(make_scene(SEED, (720, 1280)).image, 'rgb8')
    prepare_process()
    space = f'/relay_{os.getpid()}'
    command = [sys.executable, '-m', 'bench.relay', space]
    with TimedGraph(
        image, ('image', 'relayed'), commands={'relay': command}, namespace=space
    ) as graph:
        warm_up(graph)
        return strict_figures(measure(graph, RATE, seconds))


def with_environment(seconds: float, shipped: bool) -> dict[str, Any]:
    """Do that in a process of its own: the middleware reads its environment once."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment['ISAAC_SEG_FASTDDS_PROFILE'] = '1' if shipped else '0'
    done = subprocess.run(
        [sys.executable, '-m', 'bench.two_processes', str(seconds)],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def rows(full: bool) -> list[Row]:
    """Measure both, in turn."""
    found: dict[str, dict[str, Any]] = {}
    with Progress('two processes', 2) as bar:
        for name in ('default', 'profile'):
            found[name] = with_environment(5.0 if full else 3.0, name == 'profile')
            bar.step()
    before, after = (found[name]['latency_ms']['p50'] for name in ('default', 'profile'))
    lost = found['profile']['frames'] - found['profile']['results']
    what = 'two processes and back, 720p at 30 Hz, the shipped Fast DDS profile'
    return [
        Row.times(f'{what}: latency', TARGET, before / after, default_ms=before, profile_ms=after),
        Row.below(f'{what}: lost', 0, lost, 'frames', frames=found['profile']['frames']),
    ]


if __name__ == '__main__':
    print(json.dumps(here(float(sys.argv[1]))))
