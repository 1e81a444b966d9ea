"""Another process subscribes to the mask while frames flow."""

from __future__ import annotations

from collections.abc import Callable
import json
import subprocess
import sys

from isaac_seg_py.graphs import find_graph
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
import pytest

pytestmark = pytest.mark.ros

LISTENER = """
import json, rclpy
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node('listener')
masks = []
node.create_subscription(Image, 'unet/raw_segmentation_mask', masks.append, 10)
while len(masks) < 5:
    rclpy.spin_once(node, timeout_sec=1)
stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in masks]
shapes = [[m.height, m.width, m.encoding, m.header.frame_id, len(m.data)] for m in masks]
print(json.dumps([stamps, shapes]))
node.destroy_node()
rclpy.shutdown()
"""


def test_a_process_that_comes_mid_stream_gets_every_mask_from_then_on(
    ros: Background, until: Callable[..., None]
) -> None:
    specs = find_graph('unet').nodes({'source': 'scene', 'rate': '10', 'overlay': 'false'})
    with Composition(specs, ros.executor, context=ros.context) as graph:
        decoder = graph['unet_decoder_node']
        until(lambda: decoder.stats.summary().done >= 3, 'frames before the listener')
        done = subprocess.run(
            [sys.executable, '-c', LISTENER],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        stamps, shapes = json.loads(done.stdout)
        # None is repeated, and their order is that of the camera.
        assert stamps == sorted(set(stamps))
        assert shapes == [[480, 640, 'mono8', 'camera', 480 * 640]] * 5
        until(
            lambda: not decoder._publishers_here[0]._is_heard_outside(),
            'noticing that the listener has gone',
        )
        before = decoder.stats.summary().done
        until(lambda: decoder.stats.summary().done > before, 'frames after the listener')
