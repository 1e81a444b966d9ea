"""What a person at a terminal hears of a graph that runs."""

from __future__ import annotations

from collections.abc import Iterable
import sys
import threading
import time
from typing import Any, Final

from ..closing import Closing
from ..stats import Summary

_FIRST_S: Final = 2.0
_EVERY_S: Final = 10.0
# Topics that every node of ROS has.
_OF_EVERY_NODE: Final = ('/diagnostics', '/parameter_events', '/rosout')


class RunReport(Closing):
    """
    Tells which topics are published, what is waited for, and how fast frames come through.

    The rates are told every ten seconds and at the end, where `rates` asks for them.
    """

    def __init__(self, nodes: Iterable[Any], *, rates: bool) -> None:
        """Tell the topics, and begin to watch."""
        self._nodes = list(nodes)
        self._rates = rates
        given = {node: _topics(node.publishers) for node in self._nodes}
        published = {topic for topics in given.values() for topic in topics}
        self._inputs = {
            node: [topic for topic in _topics(node.subscriptions) if topic not in published]
            for node in self._nodes
        }
        width = max(map(len, published), default=0)
        _say('running until Ctrl-C; the topics are')
        for node, topics in given.items():
            for topic in topics:
                _say(f'  {topic:<{width}}  of {node.get_name()}')
        self._begin = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name='run report', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell the rates of the whole run, where they are asked for."""
        if self._done.is_set():
            return
        self._done.set()
        self._thread.join()
        seconds = time.monotonic() - self._begin
        if self._rates:
            _say(f'in all, {seconds:.0f} s: {self._frames({}, seconds)}')

    def _watch(self) -> None:
        before: dict[Any, Summary] = {}
        begin, pause = self._begin, _FIRST_S
        waiting: list[str] = []
        while not self._done.wait(pause):
            pause = _EVERY_S
            told, waiting = waiting, self._waiting()
            if waiting and waiting != told:
                _say(f'waiting for images on {", ".join(waiting)}: none has come yet')
            now = time.monotonic()
            if self._rates and not waiting and now - begin >= _EVERY_S:
                _say(self._frames(before, now - begin))
                before = {node: node.stats.summary() for node in self._nodes}
                begin = now

    def _waiting(self) -> list[str]:
        """Return the topics of others on which nothing has come."""
        silent = [node for node in self._nodes if not node.stats.summary().received]
        return sorted({topic for node in silent for topic in self._inputs[node]})

    def _frames(self, before: dict[Any, Summary], seconds: float) -> str:
        """Say what each node has done since."""
        parts = []
        for node in self._nodes:
            now, then = node.stats.summary(), before.get(node)
            done = now.done - (then.done if then else 0)
            lost = now.lost - (then.lost if then else 0)
            dropped = f' ({lost} dropped)' if lost else ''
            parts.append(f'{node.get_name()} {done / seconds:.1f}/s{dropped}')
        return ', '.join(parts)


def _topics(ends: Iterable[Any]) -> list[str]:
    """Return the names of the topics of publishers or subscriptions, each once."""
    names = dict.fromkeys(end.topic_name for end in ends)
    return [name for name in names if name not in _OF_EVERY_NODE]


def _say(line: str) -> None:
    print(f'isaac-seg: {line}', file=sys.stderr, flush=True)
