"""The launch files of the other families start their graphs, from a scene to the masks."""

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
import launch_testing
import launch_testing.actions
import launch_testing.asserts
from launch_testing.util import KeepAliveProc
import rclpy
from sensor_msgs.msg import Image

from launch import LaunchDescription

LAUNCH = Path(__file__).parent.parent.parent / 'launch'
# tiny-unet is there whatever else is trained; the graph finds its family.
UNET = {'model': 'tiny-unet'}
GRAPHS = [
    ('segformer', UNET, ['segformer/raw_segmentation_mask', 'segmentation_image_overlay']),
    ('segnet', {'model_name': 'tiny-unet'}, ['segnet/class_mask', 'segnet/overlay']),
    (
        'segment_anything_stages',
        {},
        ['segment_anything/colored_segmentation_mask', 'binary_mask'],
    ),
    ('instances', {}, ['instances/raw_segmentation_mask', 'segmentation_image_overlay']),
]


@pytest.mark.launch_test
@launch_testing.parametrize('graph,arguments,topics', GRAPHS)
def generate_test_description(
    graph: str, arguments: dict[str, str], topics: list[str]
) -> LaunchDescription:
    """Launch one of the graphs on a scene, in a namespace."""
    given = {**arguments, 'source': 'scene', 'rate': '4.0', 'threads': '1', 'namespace': '/front'}
    action = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH / f'{graph}.launch.py')),
        launch_arguments=given.items(),
    )
    return LaunchDescription([action, KeepAliveProc(), launch_testing.actions.ReadyToTest()])


class TestGraph(unittest.TestCase):
    """Listens from outside."""

    def test_results_of_the_same_stamps_arrive(
        self, graph: str, arguments: dict[str, str], topics: list[str]
    ) -> None:
        """Wait for the results of three frames."""
        rclpy.init()
        node = rclpy.create_node('listener')
        heard: list[dict[tuple[int, int], Any]] = [{} for _ in topics]
        for topic, stamps in zip(topics, heard, strict=True):
            node.create_subscription(
                Image,
                f'/front/{topic}',
                lambda m, s=stamps: s.update({(m.header.stamp.sec, m.header.stamp.nanosec): m}),
                10,
            )
        try:
            end = time.monotonic() + 90
            common: set[tuple[int, int]] = set()
            while len(common) < 3 and time.monotonic() < end:
                rclpy.spin_once(node, timeout_sec=0.2)
                common = set.intersection(*map(set, heard))
            self.assertGreaterEqual(len(common), 3, graph)
            for messages in heard:
                for message in messages.values():
                    self.assertEqual((message.height, message.width), (480, 640))
                    self.assertEqual(message.header.frame_id, 'camera')
        finally:
            node.destroy_node()
            rclpy.shutdown()


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """Looks at how the processes ended."""

    def test_the_container_ends_cleanly(
        self, proc_info: Any, graph: str, arguments: dict[str, str], topics: list[str]
    ) -> None:
        """Find no crash."""
        launch_testing.asserts.assertExitCodes(
            proc_info, process='component_container', strict_proc_matching=False
        )
