"""
How long a 1280x720 rgb8 frame takes from one composed node to the next.

By the exchange and by the middleware, in the same run and process, at a camera's pace. The time is
from just before publishing to the first line of the receiver's work.
"""

from __future__ import annotations

from collections.abc import Callable
import time

from isaac_seg_py.images import RawImage
from isaac_seg_py.progress import Progress
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.exchange import ExchangePublisher, ExchangeSubscription
from isaac_seg_py.ros.packet import Packet
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from .rows import Row

FRAMES = 200
WARM_UP = 20
RATE = 60.0
TARGET_US = 100.0
TARGET_RATIO = 20.0


def measure(local: bool, bar: Progress, frames: int = FRAMES) -> np.ndarray:
    """Return the microseconds of each hop."""
    image = RawImage.from_array(np.zeros((720, 1280, 3), np.uint8), 'rgb8')
    times: list[float] = []
    sent = 0.0

    def receive(packet: Packet[RawImage]) -> None:
        times.append(time.perf_counter() - sent)

    with Background() as ros:
        first, second = (Node(name, context=ros.context) for name in ('first', 'second'))
        ros.add(first)
        ros.add(second)
        qos = QoSProfile(depth=10)
        subscription = ExchangeSubscription(
            second, IMAGE, 'image', qos, receive, depth=2, local=local,
            on_bad=_raise, on_drop=lambda: None,
        )  # fmt: skip
        publisher = ExchangePublisher(first, IMAGE, 'image', qos, local=local)
        end = time.monotonic() + 10
        while not publisher.wanted and time.monotonic() < end:
            time.sleep(0.01)
        for number in range(WARM_UP + frames):
            time.sleep(1 / RATE)
            packet = Packet(Header(), image)
            sent = time.perf_counter()
            publisher.publish(packet)
            _wait(lambda want=number + 1: len(times) >= want)
            bar.step()
        subscription.destroy()
        publisher.destroy()
    return np.array(times[WARM_UP:]) * 1e6


def rows(full: bool) -> list[Row]:
    """Measure both ways, beside each other."""
    frames = FRAMES if full else FRAMES // 2
    with Progress('hop', 2 * (WARM_UP + frames)) as bar:
        middleware = float(np.median(measure(False, bar, frames)))
        exchange = float(np.median(measure(True, bar, frames)))
    known = {'middleware_us': middleware, 'exchange_us': exchange}
    what = 'hop of a 720p image between composed nodes'
    return [
        Row.below(what, TARGET_US, exchange, 'us', **known),
        Row.times(f'{what}, against the middleware', TARGET_RATIO, middleware / exchange, **known),
    ]


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError('a frame did not arrive within 5 s')
        time.sleep(0.0005)


def _raise(error: Exception) -> None:
    raise error
