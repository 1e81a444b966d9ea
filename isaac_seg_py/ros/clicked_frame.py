"""What a click means: the newest images of one stamp, and the box around a point of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from geometry_msgs.msg import PointStamped

from .packet import Packet
from .stamp_join import StampJoin
from .synchronize import StampPairs
from ..errors import PromptError
from ..geometry import Size

Frame = Packet[tuple[Any, ...]]
_SIDE: Final = 10.0


class ClickedFrame:
    """Keeps the newest frame: what came on all topics with one stamp."""

    newest: Frame | None = None

    def __init__(self, pairs: Sequence[StampPairs]) -> None:
        """Take what pairs each further topic with those before it; none for one topic."""
        self._join = StampJoin(pairs) if pairs else None

    def taker(self, topic: int) -> Callable[[Packet[Any]], bool]:
        """Return what takes the packets of a topic, and says whether a frame is whole."""
        join = self._join

        def take(packet: Packet[Any]) -> bool:
            if join is None:
                self.newest = Packet(packet.header, (packet.value,))
                return True
            joined = join.add(topic, packet)
            self.newest = joined or self.newest
            return joined is not None

        return take

    def check(self, click: PointStamped) -> None:
        """Refuse a click in another frame than that of the images."""
        frame = self.newest
        mine, seen = click.header.frame_id, frame.header.frame_id if frame else ''
        if mine and seen and mine != seen:
            raise PromptError(
                f'a click in frame {mine[:60]!r} came; image_1 is in {seen[:60]!r}, and '
                'clicks are in pixels of it. Give that frame, or none'
            )


def box_around(point: tuple[float, float], size: Size) -> tuple[float, float, float, float]:
    """Return a small box around a point, within an image of that size."""
    (x, y), (height, width) = point, size
    half = _SIDE / 2
    left, top = max(x - half, 0.0), max(y - half, 0.0)
    return left, top, min(x + half, float(width)), min(y + half, float(height))
