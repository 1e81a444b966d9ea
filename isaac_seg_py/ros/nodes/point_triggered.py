"""SegmentAnythingPointTriggeredNode: a click sends on the newest image, and what was clicked."""

from __future__ import annotations

import time
from typing import Any, Final

from geometry_msgs.msg import Point, PointStamped

from ..clicked_frame import box_around, ClickedFrame
from ..conversions import IMAGE, INFO
from ..depth_images import DEPTH
from ..detections import Detection, DETECTIONS
from ..mailbox import Mailbox
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..stage_node import StageNode
from ..tracker_services import TrackerServices
from ..trigger_config import TriggerConfig
from ..wire import Wire
from ...errors import PromptError
from ...prompts import make_prompts

_OBJECT: Final = '0'
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
    _last_click = -float('inf')

    def start(self) -> None:
        """Subscribe to clicks and to what belongs together, and offer it again."""
        config = self._config = self.parameters[TriggerConfig]
        depth, names = config.input_queue_size, config.topics
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
        most = config.sync_queue_size
        self._frame = ClickedFrame([self.pairs(most, what=f'image_1 or {to}') for to in names[1:]])
        # Waiting for a tracker must not keep the executor from the answer that it waits for.
        clicks = self._clicks = Mailbox(
            lambda point: self.survive(lambda: self._trigger(point)),
            depth=1,
            name='clicks',
            on_drop=lambda point: self.stats.drop('newer click came'),
        )
        self.create_subscription(Point, 'point', clicks.put, 10)
        self.create_subscription(PointStamped, 'point_stamped', self._take_stamped, 10)
        qos = find_qos(config.input_qos, config.input_qos_depth)
        for place, (name, wire) in enumerate(zip(names, wires, strict=True)):
            self.subscribe(wire, name, qos, self._frame.taker(place), depth=depth)

    def change(self, config: Any) -> None:
        """Take the rate anew."""
        self._config = config

    def stop(self) -> None:
        """Let go of a click that waits for the tracker."""
        if self._tracker is not None:
            self._tracker.close()
        if self._clicks is not None:
            self._clicks.close()

    def _take_stamped(self, click: PointStamped) -> None:
        try:
            self._frame.check(click)
        except PromptError as error:
            self._tell(error)
        else:
            if self._clicks is not None:
                self._clicks.put(click.point)

    def _trigger(self, point: Point) -> bool:
        frame, now = self._frame.newest, time.monotonic()
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
        box = box_around(prompt.points[0].tolist(), frame.value[0].size)
        self._detections.publish(Packet(frame.header, (Detection(_OBJECT, '', 1.0, box),)))
        return True

    def _tell(self, error: PromptError) -> None:
        self.stats.drop('click not answered')
        self.get_logger().warning(f'click not answered: {error}', throttle_duration_sec=1.0)


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnythingPointTriggeredNode)
