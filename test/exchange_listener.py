"""Small packets, and a subscription of the exchange that keeps what it hears."""

from __future__ import annotations

import threading
from typing import Any

from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.exchange import ExchangeSubscription
from isaac_seg_py.ros.packet import Packet
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

QOS = QoSProfile(depth=50)


def packet(number: int) -> Packet[RawImage]:
    """Make a small image whose stamp and pixels are a number."""
    header = Header(frame_id='camera')
    header.stamp.sec = number
    return Packet(header, RawImage.from_array(np.full((4, 6), number, np.uint8), 'mono8'))


def message(number: int) -> Image:
    """Make the message of the same image."""
    made = packet(number)
    return IMAGE.to_message(made.header, made.value)


class Listener:
    """A subscription of the exchange that keeps what it hears."""

    def __init__(
        self, node: Node, topic: str = 'image', depth: int = 50, qos: Any = QOS, **more: Any
    ) -> None:
        """Subscribe."""
        self.packets: list[Packet[RawImage]] = []
        self.errors: list[Exception] = []
        self.drops = 0
        self.hold = threading.Event()
        self.hold.set()
        self.busy = threading.Event()
        self.subscription = ExchangeSubscription(
            node, IMAGE, topic, qos, self._take, depth=depth,
            on_bad=self.errors.append, on_drop=self._dropped, **more,
        )  # fmt: skip

    @property
    def numbers(self) -> list[int]:
        """Return the stamps heard, in order."""
        return [packet.stamp[0] for packet in self.packets]

    def _take(self, packet: Packet[RawImage]) -> None:
        self.busy.set()
        self.hold.wait(30)
        self.packets.append(packet)

    def _dropped(self) -> None:
        self.drops += 1
