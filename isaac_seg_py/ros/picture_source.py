"""What the nodes that publish pictures share: a clock, an image topic and its camera_info."""

from __future__ import annotations

from dataclasses import dataclass
import threading
from typing import Final

import numpy as np
import numpy.typing as npt
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from .conversions import IMAGE, INFO
from .packet import Packet
from .qos import depth_setting, find_qos, qos_setting
from .stage_node import StageNode
from ..errors import ConfigError
from ..images import RawImage
from ..scenes.camera import camera_fields
from ..settings import check_settings, setting

SLOWEST: Final = 0.01
"""The least rate that is not 0."""


@dataclass(frozen=True)
class SourceConfig:
    """The settings of every node that publishes pictures."""

    rate: float = setting(
        0.0,
        'Pictures in a second. 0: as many as the video or camera says, 15 of all else.',
        low=0.0,
        high=1000.0,
    )
    count: int = setting(0, 'Pictures to publish. 0: endless.', low=0, high=1_000_000_000)
    frame_id: str = setting('camera', 'Frame that the headers name.')
    output_qos: str = qos_setting('image')
    output_qos_depth: int = depth_setting('image')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
        if 0 < self.rate < SLOWEST:
            raise ConfigError(
                f'rate is {self.rate:g}; {SLOWEST:g} or more is expected, or 0 for that of the '
                'source'
            )


class PictureSource(StageNode):
    """Publishes what `next_picture` gives, at a steady rate, on `image` with its `camera_info`."""

    own_rate = 15.0
    """Pictures in a second where the setting says nothing."""

    def start(self) -> None:
        """Offer the topics and start the clock."""
        config = self.parameters[SourceConfig]
        self._left = config.count or -1
        self._filming = threading.Lock()
        self._frame_id = config.frame_id
        self.qos: QoSProfile = find_qos(config.output_qos, config.output_qos_depth)
        self._image = self.publish_to(IMAGE, 'image', self.qos)
        self._info = self.publish_to(INFO, 'camera_info', self.qos)
        self._clock_timer = self.create_timer(1.0 / (config.rate or self.own_rate), self._tick)

    def next_picture(self) -> npt.NDArray[np.uint8] | None:
        """Return the next (H, W, 3) RGB picture, None after the last."""
        raise NotImplementedError

    def published(self, header: Header) -> None:
        """Publish what belongs to the picture, just before the picture itself."""

    def finish(self) -> None:
        """Publish nothing more; when this returns, the last picture is out and counted."""
        with self._filming:
            self._left = 0

    def _tick(self) -> None:
        with self._filming:
            self.survive(self._film)

    def _film(self) -> bool:
        picture = self.next_picture() if self._left else None
        if picture is None:
            self._clock_timer.cancel()
            self.get_logger().info('the last picture is published')
            return False
        # Below 0 is endless.
        self._left -= self._left > 0
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        if self._info.wanted:
            size = picture.shape[0], picture.shape[1]
            info = CameraInfo(header=header, **camera_fields(size))
            self._info.publish(Packet(header, info))
        self.published(header)
        self._image.publish(Packet(header, RawImage.from_array(picture, 'rgb8')))
        return True
