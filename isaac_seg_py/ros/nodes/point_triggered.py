"""SegmentAnythingPointTriggeredNode: a click sends on the newest image, and what was clicked."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any, Final

from geometry_msgs.msg import Point, PointStamped

from ..conversions import IMAGE, INFO
from ..depth_images import DEPTH
from ..detections import Detection, DETECTIONS
from ..mailbox import Mailbox
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..stage_node import StageNode
from ..stamp_join import StampJoin
from ..tracker_services import TrackerServices
from ..trigger_config import TriggerConfig
from ..wire import Wire
from ...errors import PromptError
from ...geometry import Size
from ...prompts import make_prompts

_OBJECT: Final = '0'
_SIDE: Final = 10.0
Frame = Packet[tuple[Any, ...]]
_WIRES: Final[dict[str, Wire[Any]]] = {'image': IMAGE, 'camera': INFO, 'depth': DEPTH}


class SegmentAnythingPointTriggeredNode(StageNode):
    """
    Sends on images when somebody clicks, so that a slow network sees only these.

    With `is_sam2` a tracker is told what to follow before the image goes on.
    """

    default_name = 'point_triggered'
    config_kinds = (TriggerConfig,)
    _tracker: TrackerServices | None = None
    _clicks: Mailbox[Point] | None = None
    _newest: Frame | None = None
    _last_click = -float('inf')

    def start(self) -> None:
        """Subscribe to clicks and to what belongs together, and offer it again."""
        config = self._config = self.parameters[TriggerConfig]
        depth, names = config.sync_queue_size, config.topics
        out = find_qos(config.output_qos, config.output_qos_depth)
        wires: list[Any] = [_WIRES[name.partition('_')[0]] for name in names]
        self._outs = [
            self.publish_to(wire, f'{name}_triggered', out)
            for name, wire in zip(names, wires, strict=True)
        ]
        self._detections = self.publish_to(DETECTIONS, 'detection_2d', out)
        if config.is_sam2:
            self._tracker = TrackerServices(
                self,
                discovery_s=config.service_discovery_timeout,
                call_s=config.service_call_timeout,
            )
        # Waiting for a tracker must not keep the executor from the answer that it waits for.
        clicks = self._clicks = Mailbox(
            lambda point: self.survive(lambda: self._trigger(point)),
            depth=1,
            name='clicks',
            on_drop=lambda point: self.stats.drop('newer click came'),
        )
        self.create_subscription(Point, 'point', clicks.put, 10)
        self.create_subscription(PointStamped, 'point_stamped', self._take_stamped, 10)
        self._join = StampJoin([self.pairs(depth, what=f'image_1 or {to}') for to in names[1:]])
        qos = find_qos(config.input_qos, config.input_qos_depth)
        for place, (name, wire) in enumerate(zip(names, wires, strict=True)):
            take = self._taker(place)
            self.subscribe(wire, name, qos, take, depth=config.input_queue_size)

    def change(self, config: Any) -> None:
        """Take the rate anew."""
        self._config = config

    def stop(self) -> None:
        """Let go of a click that waits for the tracker."""
        if self._tracker is not None:
            self._tracker.close()
        if self._clicks is not None:
            self._clicks.close()

    def _taker(self, place: int) -> Callable[[Packet[Any]], bool]:
        def take(packet: Packet[Any]) -> bool:
            if len(self._outs) == 1:
                self._newest = Packet(packet.header, (packet.value,))
                return True
            joined = self._join.add(place, packet)
            self._newest = joined or self._newest
            return joined is not None

        return take

    def _take_stamped(self, click: PointStamped) -> None:
        frame = self._newest
        mine, seen = click.header.frame_id, frame.header.frame_id if frame else ''
        if mine and seen and mine != seen:
            self._tell(
                PromptError(
                    f'a click in frame {mine[:60]!r} came; image_1 is in {seen[:60]!r}, and '
                    'clicks are in pixels of it. Give that frame, or none'
                )
            )
        elif self._clicks is not None:
            self._clicks.put(click.point)

    def _trigger(self, point: Point) -> bool:
        frame, now = self._newest, time.monotonic()
        rate = self._config.max_rate_hz
        if rate and now - self._last_click < 1 / rate:
            self.stats.drop('clicks faster than max_rate_hz')
            return False
        self._last_click = now
        try:
            if frame is None:
                raise PromptError('a click came before any image; nothing can be sent on')
            (prompt,) = make_prompts(frame.value[0].size, points=[(point.x, point.y)])
            if self._tracker is not None:
                self._tracker.follow(frame.header, _OBJECT, (point.x, point.y))
        except PromptError as error:
            self._tell(error)
            return False
        for publisher, value in zip(self._outs, frame.value, strict=True):
            publisher.publish(Packet(frame.header, value))
        box = _box_around(prompt.points[0].tolist(), frame.value[0].size)
        self._detections.publish(Packet(frame.header, (Detection(_OBJECT, '', 1.0, box),)))
        return True

    def _tell(self, error: PromptError) -> None:
        self.stats.drop('click not answered')
        self.get_logger().warning(f'click not answered: {error}', throttle_duration_sec=1.0)


def _box_around(point: tuple[float, float], size: Size) -> tuple[float, float, float, float]:
    (x, y), (height, width) = point, size
    half = _SIDE / 2
    left, top = max(x - half, 0.0), max(y - half, 0.0)
    return left, top, min(x + half, float(width)), min(y + half, float(height))


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnythingPointTriggeredNode)
