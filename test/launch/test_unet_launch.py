"""`unet.launch.py` starts a container with the whole graph, from a scene to the overlay."""

from __future__ import annotations

from pathlib import Path
import time
from typing import Any
import unittest

import pytest

pytest.importorskip('launch_ros', reason='launch and launch_ros are not installed (not on PyPI)')
pytest.importorskip('launch_testing', reason='launch_testing is not installed (not on PyPI)')

from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing.actions
import launch_testing.asserts
from launch_testing.util import KeepAliveProc
import rclpy
from sensor_msgs.msg import Image

from launch import LaunchDescription

LAUNCH = Path(__file__).parent.parent.parent / 'launch'


@pytest.mark.launch_test
def generate_test_description() -> LaunchDescription:
    """Launch the graph on a scene, in a namespace, with a parameter file."""
    graph = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH / 'unet.launch.py')),
        launch_arguments={
            'source': 'scene',
            'namespace': '/front',
            'params_file': str(LAUNCH.parent / 'config/unet.yaml'),
        }.items(),
    )
    return LaunchDescription([graph, KeepAliveProc(), launch_testing.actions.ReadyToTest()])


class TestGraph(unittest.TestCase):
    """Listens from outside."""

    def test_masks_and_overlays_of_the_same_stamps_arrive(self) -> None:
        """Wait for results of three frames."""
        rclpy.init()
        node = rclpy.create_node('listener')
        heard: dict[str, dict[tuple[int, int], Any]] = {}
        for topic in (
            '/front/unet/raw_segmentation_mask',
            '/front/unet/colored_segmentation_mask',
            '/front/segmentation_image_overlay',
        ):
            stamps = heard.setdefault(topic, {})
            node.create_subscription(
                Image,
                topic,
                lambda m, s=stamps: s.update({(m.header.stamp.sec, m.header.stamp.nanosec): m}),
                10,
            )
        try:
            end = time.monotonic() + 60
            common: set[tuple[int, int]] = set()
            while len(common) < 3 and time.monotonic() < end:
                rclpy.spin_once(node, timeout_sec=0.2)
                common = set.intersection(*map(set, heard.values()))
            self.assertGreaterEqual(len(common), 3)
            for messages in heard.values():
                for message in messages.values():
                    self.assertEqual((message.height, message.width), (480, 640))
                    self.assertEqual(message.header.frame_id, 'camera')
        finally:
            node.destroy_node()
            rclpy.shutdown()


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """Looks at how the processes ended."""

    def test_the_container_ends_cleanly(self, proc_info: Any) -> None:
        """Find no crash."""
        launch_testing.asserts.assertExitCodes(
            proc_info, process='component_container', strict_proc_matching=False
        )
