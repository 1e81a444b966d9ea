"""A container that is killed amid the flow comes back with its nodes, and masks flow again."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import time
from typing import Any
import unittest

import pytest

pytest.importorskip('launch_ros', reason='launch and launch_ros are not installed (not on PyPI)')
pytest.importorskip('launch_testing', reason='launch_testing is not installed (not on PyPI)')

from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing.actions
from launch_testing.util import KeepAliveProc
import rclpy
from sensor_msgs.msg import Image

from launch import LaunchDescription

LAUNCH = Path(__file__).parent.parent.parent / 'launch'
CONTAINER = 'component_container'


@pytest.mark.launch_test
def generate_test_description() -> tuple[LaunchDescription, dict[str, Any]]:
    """Launch the graph on a scene, and note each start of its container."""
    started: list[int] = []

    def note(event: Any, context: Any) -> None:
        if any(CONTAINER in part for part in event.cmd):
            started.append(event.pid)

    graph = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH / 'unet.launch.py')),
        launch_arguments={'source': 'scene', 'namespace': '/front', 'overlay': 'false'}.items(),
    )
    watch = RegisterEventHandler(OnProcessStart(on_start=note))
    ready = launch_testing.actions.ReadyToTest()
    return LaunchDescription([watch, graph, KeepAliveProc(), ready]), {'started': started}


class TestRespawn(unittest.TestCase):
    """Kills the container."""

    def test_masks_flow_again_after_the_container_was_killed(self, started: list[int]) -> None:
        """Wait for masks, kill what makes them, and wait for masks once more."""
        rclpy.init()
        node = rclpy.create_node('listener')
        heard: list[Image] = []
        node.create_subscription(Image, '/front/unet/raw_segmentation_mask', heard.append, 10)

        def await_masks(many: int) -> None:
            end = time.monotonic() + 60
            while len(heard) < many and time.monotonic() < end:
                rclpy.spin_once(node, timeout_sec=0.2)
            self.assertGreaterEqual(len(heard), many)

        try:
            await_masks(3)
            self.assertEqual(len(started), 1)
            os.kill(started[0], signal.SIGKILL)
            # What the killed one still sent is heard until the next one starts.
            end = time.monotonic() + 60
            while len(started) < 2 and time.monotonic() < end:
                rclpy.spin_once(node, timeout_sec=0.2)
            heard.clear()
            await_masks(3)
            self.assertEqual(len(started), 2)
        finally:
            node.destroy_node()
            rclpy.shutdown()
