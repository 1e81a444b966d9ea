"""Processes of nodes outlive bad requests and bad pictures, and end quietly on a signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

from composition_interfaces.srv import ListNodes, LoadNode
from isaac_seg_py.media import write_image
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.throttle import Throttle
import numpy as np
import pytest
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
Until = Callable[..., None]
RUN = [sys.executable, '-m', 'isaac_seg_py', 'run', 'unet']
CONTAINER = [sys.executable, '-c', 'from isaac_seg_py.ros.container import main; main()']


class Process:
    """A process whose output is kept."""

    def __init__(self, command: list[str], log: Path) -> None:
        """Start it."""
        self.log = log
        with log.open('w') as out:
            self.handle = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def end(self, how: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.handle.send_signal(how)
        return self.handle.wait(60)

    @property
    def said(self) -> str:
        """Return what it has printed."""
        return self.log.read_text()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[list[str]], Process]]:
    """Give a function that starts a process; what still runs is killed at the end."""
    made: list[Process] = []

    def begin(command: list[str]) -> Process:
        made.append(Process(command, tmp_path / f'{len(made)}.log'))
        return made[-1]

    yield begin
    for process in made:
        if process.handle.poll() is None:
            process.handle.kill()
        process.handle.wait()


@pytest.fixture
def watcher(ros: Background) -> Node:
    """Give a node that watches."""
    node = Node('watcher', context=ros.context)
    ros.add(node)
    return node


def begin(node: Node, kind: type, name: str, request: Any, until: Until) -> Any:
    """Call a service and return what will have its answer."""
    client = node.create_client(kind, name)
    until(client.service_is_ready, name, 60)
    return client.call_async(request)


def call(node: Node, kind: type, name: str, request: Any, until: Until) -> Any:
    """Call a service and return its answer."""
    answer = begin(node, kind, name, request, until)
    until(answer.done, f'an answer of {name}')
    return answer.result()


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_the_flow_ends_the_graph_quietly(
    start: Callable[[list[str]], Process], watcher: Node, until: Until, how: signal.Signals
) -> None:
    masks: list[Image] = []
    watcher.create_subscription(Image, 'unet/raw_segmentation_mask', masks.append, 10)
    process = start([*RUN, 'source:=scene', 'rate:=60'])
    until(lambda: len(masks) > 5, 'masks', 60)
    assert process.end(how) == 0, process.said
    assert 'Traceback' not in process.said


def test_a_bad_picture_in_a_folder_is_passed_over(
    start: Callable[[list[str]], Process], watcher: Node, until: Until, tmp_path: Path
) -> None:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    write_image(folder / 'a.png', np.full((24, 32, 3), 90, np.uint8))
    (folder / 'b.png').write_bytes(b'junk')
    images: list[Image] = []
    watcher.create_subscription(Image, 'image', images.append, 10)
    process = start([*RUN, f'source:={folder}', 'rate:=20', 'overlay:=false'])
    until(lambda: len(images) > 3, 'the good picture, again and again', 60)
    (folder / 'a.png').unlink()
    until(lambda: 'has no picture that can be read' in process.said, 'word of the empty folder')
    write_image(folder / 'a.png', np.full((24, 32, 3), 90, np.uint8))
    before = len(images)
    until(lambda: len(images) > before, 'the picture that came back')
    assert 'b.png' in process.said
    assert process.end(signal.SIGINT) == 0, process.said


def test_a_container_outlives_a_request_that_rclpy_cannot_read(
    start: Callable[[list[str]], Process], watcher: Node, until: Until
) -> None:
    process = start(CONTAINER)
    blend = LoadNode.Request(
        package_name='isaac_seg_py', plugin_name='isaac_seg_py::AlphaBlendNode'
    )
    manager = '/ComponentManager/_container'
    assert call(watcher, LoadNode, f'{manager}/load_node', blend, until).success
    bad = Parameter(name='alpha', value=ParameterValue(type=99))
    request = SetParameters.Request(parameters=[bad])
    begin(watcher, SetParameters, '/alpha_blend_node/set_parameters', request, until)
    until(lambda: 'the nodes go on' in process.said, 'word of what cannot be read')
    listed = call(watcher, ListNodes, f'{manager}/list_nodes', ListNodes.Request(), until)
    assert listed.full_node_names == ['/alpha_blend_node']
    assert process.end(signal.SIGTERM) == 0, process.said


def test_a_node_with_a_wrong_log_level_is_not_left_behind(
    start: Callable[[list[str]], Process], watcher: Node, until: Until
) -> None:
    start(CONTAINER)
    request = LoadNode.Request(
        package_name='isaac_seg_py', plugin_name='isaac_seg_py::AlphaBlendNode',
        node_name='left_behind', log_level=7,
    )  # fmt: skip
    answer = call(watcher, LoadNode, '/ComponentManager/_container/load_node', request, until)
    assert not answer.success
    assert 'left_behind' not in watcher.get_node_names()


@pytest.mark.parametrize(
    ('argument', 'said'),
    [
        (['-r', 'nonsense'], 'remap rule'),
        (['--params-file', '/none.yaml'], '/none.yaml'),
        (['-p', 'alpha:=2.0'], 'alpha is 2'),
    ],
)
def test_a_node_with_a_wrong_argument_says_so_in_a_line(argument: list[str], said: str) -> None:
    code = 'from isaac_seg_py.ros.nodes.alpha_blend import main; main()'
    done = subprocess.run(
        [sys.executable, '-c', code, '--ros-args', *argument],
        capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr + done.stdout
    assert 'Traceback' not in done.stderr


def test_a_node_says_how_it_is_called() -> None:
    code = 'from isaac_seg_py.ros.nodes.alpha_blend import main; main()'
    done = subprocess.run(
        [sys.executable, '-c', code, '--help'], capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip
    assert 'alpha_blend_node [--ros-args' in done.stdout


def test_a_second_kind_of_fault_is_told_beside_the_first() -> None:
    throttle = Throttle(60)
    assert throttle.allows('step is 10 bytes')
    assert not throttle.allows('step is 12 bytes')
    assert throttle.allows('the image is 16x0')
    assert all(throttle.allows('abcdefgh'[:n] * 3) for n in range(1, 8))
