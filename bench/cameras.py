"""Several cameras and subscribers around U-Net graphs in one container."""

from __future__ import annotations

from collections.abc import Callable
import os
import time

from isaac_seg_py.benchmark.monitor import Monitor
from isaac_seg_py.benchmark.playback import play
from isaac_seg_py.cli.measuring.subjects import Asked, RESULTS
from isaac_seg_py.closing import Closing
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.ros.timed_graph import Player

RATE = 10.0
WARM_UP = 3
PATIENCE_S = 30.0


class Cameras(Closing):
    """
    A container with a graph for each camera, which all play the same image.

    `local` subscribers of each mask take it by reference, `remote` ones as a message.
    """

    def __init__(
        self, asked: Asked, image: RawImage, cameras: int, *, local: int = 0, remote: int = 0
    ) -> None:
        """Start everything and wait until all are connected."""
        self._ros = Background()
        self._players: list[Player] = []
        self._graphs: list[Composition] = []
        self._result = RESULTS[asked.graph.name]
        for number in range(cameras):
            space = f'/scaling_{os.getpid()}_{number}'
            self._graphs.append(
                Composition(
                    asked.nodes, self._ros.executor, context=self._ros.context, namespace=space
                )
            )
            self._players.append(self._player(image, space, 'player', by_reference=True))
            for other in range(local + remote):
                self._player(image, space, f'listener_{other}', by_reference=other < local)
        _wait(lambda: all(player.is_connected for player in self._players))

    def close(self) -> None:
        """Give the nodes back."""
        for graph in self._graphs:
            graph.close()
        self._ros.close()

    def cpu_ms(self, frames: int, rounds: int) -> float:
        """
        Return the processor time of one image of one camera, without that of the player.

        It is the least of some rounds, because what a round collects is not its own alone.
        """
        self._round(WARM_UP)
        return min(self._timed(frames) for _ in range(rounds))

    def _timed(self, frames: int) -> float:
        begin = time.process_time()
        player = self._round(frames)
        taken = time.process_time() - begin - player
        # Where a camera comes too fast, not every image has a result.
        return 1e3 * taken / sum(len(one.monitor) for one in self._players)

    def _round(self, count: int) -> float:
        """Play some images; return the processor time of playing."""
        monitors: list[Monitor] = [player.monitor for player in self._players]
        for monitor in monitors:
            monitor.clear()

        def send(stamp_ns: int) -> None:
            for player in self._players:
                player.play(stamp_ns)

        sent = play(send, count, RATE)
        # On a busy machine a newer image may have taken the place of one.
        last = int(sent.stamps[-1])
        _wait(lambda: all(last in monitor.rows()[:, 0] for monitor in monitors))
        return sent.cpu_s

    def _player(self, image: RawImage, space: str, name: str, *, by_reference: bool) -> Player:
        images = 'image' if name == 'player' else 'nothing'
        player = Player(
            image, (f'{space}/{images}', f'{space}/{self._result}'), context=self._ros.context,
            namespace=f'{space}/{name}', use_exchange=by_reference,
        )  # fmt: skip
        self._ros.add(player)
        return player


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f'the cameras were not served within {PATIENCE_S:g} s')
        time.sleep(0.01)
