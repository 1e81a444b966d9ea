"""Every launch file can join a container that runs already."""

from __future__ import annotations

from pathlib import Path
import time
import unittest

import pytest

pytest.importorskip('launch_ros', reason='launch and launch_ros are not installed (not on PyPI)')
pytest.importorskip('launch_testing', reason='launch_testing is not installed (not on PyPI)')

from composition_interfaces.srv import ListNodes
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import ComposableNodeContainer
import launch_testing.actions
from launch_testing.util import KeepAliveProc
import rclpy

from launch import LaunchDescription

LAUNCH = Path(__file__).parent.parent.parent / 'launch'


@pytest.mark.launch_test
def generate_test_description() -> LaunchDescription:
    """Start a container, and launch the encoder and the inference into it."""
    container = ComposableNodeContainer(
        package='isaac_seg_py', executable='component_container_mt', name='mine', namespace='',
        composable_node_descriptions=[],
    )  # fmt: skip
    joined = [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(LAUNCH / f'{graph}.launch.py')),
            launch_arguments={'container': 'mine', 'namespace': f'/{graph}'}.items(),
        )
        for graph in ('dnn_image_encoder', 'inference')
    ]
    ready = launch_testing.actions.ReadyToTest()
    return LaunchDescription([container, *joined, KeepAliveProc(), ready])


class TestContainer(unittest.TestCase):
    """Asks the container."""

    def test_both_nodes_are_in_the_container(self) -> None:
        """Wait until the two are listed."""
        rclpy.init()
        node = rclpy.create_node('asker')
        client = node.create_client(ListNodes, '/mine/_container/list_nodes')
        expected = {'/dnn_image_encoder/dnn_image_encoder_node', '/inference/tensor_rt_node'}
        names: set[str] = set()
        try:
            self.assertTrue(client.wait_for_service(30))
            end = time.monotonic() + 60
            while names != expected and time.monotonic() < end:
                future = client.call_async(ListNodes.Request())
                rclpy.spin_until_future_complete(node, future, timeout_sec=5)
                answer = future.result()
                names = set(answer.full_node_names) if answer else set()
            self.assertEqual(names, expected)
        finally:
            node.destroy_node()
            rclpy.shutdown()
