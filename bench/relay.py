"""A node that publishes each image again, as every node of the suite takes and gives them."""

from __future__ import annotations

import sys

from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.running import run_node
from isaac_seg_py.ros.stage_node import StageNode
from rclpy.qos import QoSProfile


class Relay(StageNode):
    """Image in, the same image out."""

    default_name = 'relay'

    def start(self) -> None:
        """Publish and subscribe."""
        qos = QoSProfile(depth=10)
        self._out = self.publish_to(IMAGE, 'relayed', qos)
        self.subscribe(IMAGE, 'image', qos, self._pass_on, depth=10)

    def _pass_on(self, packet: Packet[RawImage]) -> None:
        self._out.publish(packet)


if __name__ == '__main__':
    run_node(Relay, ['--ros-args', '-r', f'__ns:={sys.argv[1]}'])
