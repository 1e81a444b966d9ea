"""The composed U-Net graph around a network that does nothing, beside the usual node chain."""

from __future__ import annotations

import os
from pathlib import Path
import sys
import tempfile
import time

from isaac_seg_py.benchmark import measure, Subject
from isaac_seg_py.benchmark.figures import strict_figures
from isaac_seg_py.benchmark.measuring import warm_up
from isaac_seg_py.benchmark.networks import SIZE, write_identity
from isaac_seg_py.cli.measuring.subjects import Asked
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer import open_backend
from isaac_seg_py.progress import Progress
from isaac_seg_py.ros.timed_graph import TimedGraph
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import Tensors
import numpy as np

from .peers.node_chain import PARTS
from .rows import Row

RATE = 15.0
SEED = 832_000
TARGET_MS = 4.0
TARGET_RATIO = 5.0


def cpu_ms(subject: Subject, seconds: float) -> tuple[float, float]:
    """Return the processor time of a frame, without that of the player, and the latency."""
    with subject:
        warm_up(subject)
        figures = strict_figures(measure(subject, RATE, seconds))
    cpu = sum(figures['cpu_s_per_frame'].values())
    if os.getpid() in subject.processes.values():
        cpu -= figures['player_cpu_s_per_frame']
    return 1e3 * cpu, figures['latency_ms']['p50']


def network_cpu_ms(model: Path, rounds: int = 40) -> float:
    """
    Return the processor time that the network itself takes, at the rate of the graph.

    Where one run follows the other at once, it takes a quarter of that: all is in the caches.
    """
    values = np.random.default_rng(SEED).random((1, 3, *SIZE), np.float32)
    tensors = Tensors({'image': values})
    with open_backend(model, backend='onnxruntime') as network:
        network(tensors)
        taken = 0.0
        for _ in range(rounds):
            time.sleep(1 / RATE)
            begin = time.process_time()
            network(tensors)
            taken += time.process_time() - begin
        return 1e3 * taken / rounds


def rows(full: bool) -> list[Row]:
    """Measure both, in turn."""
    seconds = 5.0 if full else 3.0
    image = RawImage.from_array(make_scene(SEED, (720, 1280)).image, 'rgb8')
    with tempfile.TemporaryDirectory() as name, Progress('composed graph', 4) as bar:
        model = write_identity(Path(name))
        asked = Asked.read('unet', {'model': str(model), 'mask_frame': 'network'}, Path(name))
        network = network_cpu_ms(model)
        bar.step()
        ours, latency = cpu_ms(asked.open('composed', image), seconds)
        bar.step()
        alone, _ = cpu_ms(asked.open('ros-2', image), seconds)
        bar.step()
        space = f'/chain_{os.getpid()}'
        commands = {
            part: [sys.executable, '-m', 'bench.peers.node_chain', part, space, str(model)]
            for part in PARTS
        }
        chain, chain_latency = cpu_ms(
            TimedGraph(image, ('image', 'mask'), commands=commands, namespace=space), seconds
        )
        bar.step()
    what = 'U-Net graph, 720p in, mask 960x544, CPU without the network'
    known = {'network_ms': network, 'ours_ms': ours, 'ros_2_ms': alone, 'chain_ms': chain,
             'latency_ms': latency, 'chain_latency_ms': chain_latency}  # fmt: skip
    return [
        Row.below(what, TARGET_MS, ours - network, 'ms', **known),
        Row.times(
            'the same against the usual node chain (a)', TARGET_RATIO,
            (chain - network) / (ours - network), **known,
        ),
        Row.note(
            'the same, our graph in a process of its own',
            f'{(chain - network) / (alone - network):.2f} times', **known,
        ),
    ]  # fmt: skip
