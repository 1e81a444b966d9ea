"""What a node says of itself on /diagnostics, once a second."""

from __future__ import annotations

from collections.abc import Mapping
import functools
import threading
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.qos import QoSProfile

from .lookout import LISTENERS
from ..benchmark.device_use import DeviceUse
from ..stats import Summary

TOPIC: Final = '/diagnostics'
_SILENCE_S: Final = 3.0


class Diagnostics:
    """
    Publishes rates, latencies and drops of a StageNode, and in a word why nothing comes out.

    `facts` of the node, such as the library that runs its network, go along.
    """

    def __init__(self, node: Any) -> None:
        """Offer the topic and start the clock."""
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, TOPIC, QoSProfile(depth=10))
        self._turn = threading.Lock()
        self._stopped = False
        self._word: Any = None
        self._before: Summary = node.stats.summary()
        self._then = time.monotonic()
        # Each activation has subscriptions of its own.
        self._heard: WeakKeyDictionary[Any, tuple[int, float]] = WeakKeyDictionary()
        # Not a timer, which would wake the executor where nobody listens, too.
        LISTENERS.add(self)

    def look_around(self) -> None:
        """Have the executor publish how things are, where anybody listens."""
        with self._turn:
            if self._stopped or not self._node.context.ok():
                return
            executor = self._node.executor
            said = self._word is None or self._word.done()
            if executor is not None and said and self._publisher.get_subscription_count():
                self._word = executor.create_task(self.publish)

    def stop(self) -> None:
        """Say no more."""
        LISTENERS.remove(self)
        with self._turn:
            self._stopped = True

    def publish(self) -> None:
        """Publish how things are now, where anybody listens."""
        if self._stopped or not self._publisher.get_subscription_count():
            return
        now = time.monotonic()
        summary: Summary = self._node.stats.summary()
        level, message = self._judge(summary, now)
        values = _values(summary, self._before, now - self._then)
        waiting = sum(subscription.waiting for subscription in self._node.listened_to())
        values['frames waiting'] = str(waiting)
        self._before, self._then = summary, now
        self.say(level, message, values)

    def say(self, level: bytes, message: str, values: Mapping[str, str] | None = None) -> None:
        """Publish a word, where anybody listens; works before the node spins, too."""
        if not self._publisher.get_subscription_count():
            return
        node = self._node
        status = DiagnosticStatus(
            level=level, name=node.get_fully_qualified_name(), message=message
        )
        told = {**(values or {}), **node.facts()}
        if 'backend' in told:
            told |= _device_memory()
        status.values = [KeyValue(key=key, value=value) for key, value in told.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = node.get_clock().now().to_msg()
        self._publisher.publish(array)

    def _judge(self, now_is: Summary, now: float) -> tuple[bytes, str]:
        """Return the level and the reason for it."""
        idle = self._node.idle()
        if idle:
            return DiagnosticStatus.STALE, idle
        silent = [s.place.topic for s in self._node.listened_to() if self._is_silent(s, now)]
        if silent:
            return DiagnosticStatus.STALE, f'waiting for messages on {", ".join(silent)}'
        lost = {
            reason: count - self._before.dropped.get(reason, 0)
            for reason, count in now_is.dropped.items()
        }
        worst = max(lost, key=lost.__getitem__, default='')
        if worst and lost[worst] > 0:
            words = now_is.words.get(worst)
            reason = f'{worst}: {words}' if words else worst
            return DiagnosticStatus.WARN, f'{sum(lost.values())} frames dropped: {reason}'
        unheard = [p.place.topic for p in self._node.spoken_on() if not p.wanted]
        if unheard and len(unheard) == len(self._node.spoken_on()):
            return DiagnosticStatus.OK, f'no subscriber of {", ".join(unheard)}'
        return DiagnosticStatus.OK, 'frames come through'

    def _is_silent(self, subscription: Any, now: float) -> bool:
        count, since = self._heard.get(subscription, (-1, now))
        if subscription.received != count:
            # Before the first message the time counts from the first look.
            self._heard[subscription] = subscription.received, now if count != -1 else since
            return False
        return now - since >= _SILENCE_S


@functools.cache
def _device() -> DeviceUse | None:
    return DeviceUse.open()


def _device_memory() -> dict[str, str]:
    """Tell how full the device is, where there is one: who holds a network may fill it."""
    device = _device()
    if device is None:
        return {}
    used, there_is = device.memory()
    return {'device memory (MB)': f'{used / 1e6:.0f} of {there_is / 1e6:.0f}'}


def _values(now: Summary, before: Summary, seconds: float) -> dict[str, str]:
    span = max(seconds, 1e-9)
    values = {
        'frames received': str(now.frames),
        'frames done': str(now.done),
        'frames dropped': str(now.lost),
        'rate in (Hz)': f'{(now.frames - before.frames) / span:.1f}',
        'rate out (Hz)': f'{(now.done - before.done) / span:.1f}',
    }
    if now.prompts:
        values['prompts received'] = str(now.prompts)
    if now.done:
        values['latency p50 (ms)'] = f'{now.p50_ms:.2f}'
        values['latency p95 (ms)'] = f'{now.p95_ms:.2f}'
    return {**values, **{f'dropped: {why}': str(n) for why, n in sorted(now.dropped.items())}}
