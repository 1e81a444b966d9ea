"""The demo: the U-Net graph on a moving scene, watched and measured from the topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import time
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rclpy.qos import QoSProfile

from .background import Background
from .composition import Composition
from .conversions import IMAGE
from .packet import Packet
from .stage_node import StageNode
from ..graphs import find_graph
from ..images import RawImage
from ..stats import Summary

_TOPICS: Final = {
    'image': 'image',
    'truth': 'ground_truth',
    'mask': 'unet/raw_segmentation_mask',
    'color': 'unet/colored_segmentation_mask',
    'overlay': 'segmentation_image_overlay',
}
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Moment:
    """All pictures of one stamp."""

    image: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]
    color: npt.NDArray[np.uint8]
    overlay: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DemoResult:
    """
    What the demo saw.

    `stages` holds the figures of each node, `latencies_s` the time from the stamp of each image to
    the arrival of its mask, `confusion` the pixels by true class (row) and class found (column).
    """

    stages: dict[str, Summary]
    latencies_s: npt.NDArray[np.float64]
    sent: int
    seconds: float
    confusion: npt.NDArray[np.int64]
    moments: list[Moment]

    @property
    def mean_iou(self) -> float:
        """Return the mean intersection over union of the classes that were shown."""
        both = np.diag(self.confusion)
        either = self.confusion.sum(0) + self.confusion.sum(1) - both
        there = self.confusion.sum(1) > 0
        return float((both[there] / either[there]).mean())


class Watcher(StageNode):
    """Subscribes to every topic of the graph and keeps some moments whole."""

    default_name = 'demo_watcher'

    def __init__(self, classes: int, keep: int, every_s: float, **options: Any) -> None:
        """Keep up to so many moments, so far apart."""
        self._classes = classes
        self._left = keep
        self._every_s = every_s
        self._next = time.monotonic() + min(every_s, 1.0)
        self._open: dict[Stamp, dict[str, RawImage]] = {}
        self._truths: dict[Stamp, RawImage] = {}
        self.confusion = np.zeros((classes, classes), np.int64)
        self.latencies: list[float] = []
        self.moments: list[Moment] = []
        super().__init__(**options)

    def start(self) -> None:
        """Subscribe."""
        for name, topic in _TOPICS.items():
            self.subscribe(IMAGE, topic, QoSProfile(depth=10), self._keeper(name), depth=10)

    def _keeper(self, name: str) -> Callable[[Packet[RawImage]], None]:
        return lambda packet: self._keep(name, packet)

    def _keep(self, name: str, packet: Packet[RawImage]) -> None:
        if name == 'mask':
            self._measure(packet)
        if name == 'truth':
            self._truths[packet.stamp] = packet.value
            while len(self._truths) > 50:
                del self._truths[next(iter(self._truths))]
        if name == 'image' and self._left and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every_s
            self._left -= 1
            truth = self._truths.get(packet.stamp)
            self._open[packet.stamp] = {} if truth is None else {'truth': truth}
        pictures = self._open.get(packet.stamp)
        if pictures is None:
            return
        pictures[name] = packet.value
        if len(pictures) == len(_TOPICS):
            # Copies: what is handed over is used again once everyone has let go of it.
            self.moments.append(Moment(**{k: v.data.copy() for k, v in pictures.items()}))
            del self._open[packet.stamp]

    def _measure(self, packet: Packet[RawImage]) -> None:
        seconds, nanoseconds = packet.stamp
        self.latencies.append(time.time() - (seconds + nanoseconds * 1e-9))
        truth = self._truths.get(packet.stamp)
        if truth is not None:
            pairs = truth.data.astype(np.int64) * self._classes + packet.value.data
            counts = np.bincount(pairs.reshape(-1), minlength=self._classes**2)
            self.confusion += counts.reshape(self._classes, self._classes)


def run_demo(
    *,
    model: str,
    classes: int,
    seconds: float,
    rate: float,
    seed: int,
    on_progress: Callable[[float], None],
    keep: int = 4,
) -> DemoResult:
    """Run the graph for some seconds; `on_progress` hears how many have passed."""
    specs = find_graph('unet').nodes({'model': model, 'source': 'scene', 'rate': str(rate)})
    specs = [
        replace(spec, parameters={**spec.parameters, 'seed': seed})
        if spec.plugin == 'ScenePublisherNode'
        else spec
        for spec in specs
    ]
    with Background() as ros:
        watcher = Watcher(classes, keep, seconds / (keep + 0.5), context=ros.context)
        ros.add(watcher)
        # The source comes last: when it starts to film, everyone is there.
        with Composition(reversed(specs), ros.executor, context=ros.context) as graph:
            begin = time.monotonic()
            while (passed := time.monotonic() - begin) < seconds:
                on_progress(passed)
                time.sleep(0.05)
            on_progress(seconds)
            graph['scene_publisher_node'].finish()
            _settle(graph, watcher)
            stages = {spec.name: graph[spec.name].stats.summary() for spec in specs}
        return DemoResult(
            stages=stages,
            latencies_s=np.array(watcher.latencies),
            sent=stages['scene_publisher_node'].done,
            seconds=passed,
            confusion=watcher.confusion,
            moments=watcher.moments,
        )


def _settle(graph: Composition, watcher: Watcher, seconds: float = 3.0) -> None:
    """Wait until every image sent is a mask or was counted as dropped."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sent = graph['scene_publisher_node'].stats.summary().done
        lost = sum(node.stats.summary().lost for node in graph.nodes.values())
        masks = len(watcher.latencies)
        blended = graph['alpha_blend_node'].stats.summary().done
        if masks + lost >= sent and blended >= masks:
            return
        time.sleep(0.01)
