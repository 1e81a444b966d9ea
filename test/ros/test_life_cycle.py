"""Nodes that hold something follow the life cycle: they stop, give all back and begin anew."""

from __future__ import annotations

from collections.abc import Callable
import gc
from pathlib import Path
from typing import Any
import weakref

from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.ros.nodes.tensor_rt import TensorRTNode
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
from onnx import helper
import pytest
from rclpy.parameter import Parameter
import tiny_models
from watched_graph import array, Camera, classes, message, picture

pytestmark = pytest.mark.ros
NODES = ('dnn_image_encoder_node', 'tensor_rt_node', 'unet_decoder_node')
WAITING = {name: {'autostart': False} for name in NODES}


class Remote:
    """Moves nodes through their life, as `ros2 lifecycle` does."""

    def __init__(self, node: Any, inside: Any, until: Callable[..., None]) -> None:
        """Take a node to call from, and one of the process that answers."""
        self._node, self._inside, self._until = node, inside, until

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service and wait for its answer."""
        client = self._node.create_client(kind, name)
        self._until(client.service_is_ready, name)
        # An answer to a client that the other side has not found yet is lost.
        self._until(lambda: self._inside.count_clients(name) == 1, f'a client of {name}')
        answer = client.call_async(request)
        self._until(answer.done, f'an answer of {name}')
        self._node.destroy_client(client)
        self._until(lambda: self._inside.count_clients(name) == 0, f'no client of {name}')
        return answer.result()

    def move(self, name: str, transition: int) -> bool:
        """Ask for a transition."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(self.call(ChangeState, f'/{name}/change_state', request).success)

    def state(self, name: str) -> str:
        """Ask for the state."""
        answer = self.call(GetState, f'/{name}/get_state', GetState.Request())
        return str(answer.current_state.label)


@pytest.fixture
def remote(outside: Any, node: Any, until: Callable[..., None]) -> Remote:
    """Give a remote control."""
    return Remote(outside, node, until)


def seen(camera: Camera, number: int) -> np.ndarray:
    """Publish the picture and return its mask."""
    before = len(camera.masks)
    camera.until(lambda: camera.images.get_subscription_count() == 1, 'a listener')
    camera.images.publish(message(picture(), number))
    camera.until(lambda: len(camera.masks) > before, 'a mask')
    return array(camera.masks[-1])


def test_nodes_that_wait_hold_nothing_until_they_are_told(
    compose: Callable[..., Composition], camera: Camera, remote: Remote, tmp_path: Path
) -> None:
    model = str(tiny_models.brightest_channel(tmp_path / 'brightest.onnx'))
    graph = compose('unet', WAITING, model=model, overlay='false')
    assert [remote.state(name) for name in NODES] == ['unconfigured'] * 3
    assert graph.nodes['tensor_rt_node']._network is None
    assert camera.images.get_subscription_count() == 0
    for name in NODES:
        assert remote.move(name, Transition.TRANSITION_CONFIGURE)
    assert graph.nodes['tensor_rt_node']._network is not None
    assert camera.images.get_subscription_count() == 0, 'it listens before it is active'
    for name in NODES:
        assert remote.move(name, Transition.TRANSITION_ACTIVATE)
    assert [remote.state(name) for name in NODES] == ['active'] * 3
    camera.connected(graph)
    np.testing.assert_array_equal(seen(camera, 1), classes())


def test_a_node_that_is_deactivated_does_no_work_until_it_is_active_again(
    start: Callable[..., Composition], camera: Camera, remote: Remote
) -> None:
    graph = start(overlay='false')
    seen(camera, 1)
    encoder = graph.nodes['dnn_image_encoder_node']
    assert remote.move(encoder.get_name(), Transition.TRANSITION_DEACTIVATE)
    done = encoder.stats.summary().done
    camera.until(lambda: camera.images.get_subscription_count() == 0, 'no listener')
    camera.images.publish(message(picture(), 2))
    assert remote.move(encoder.get_name(), Transition.TRANSITION_ACTIVATE)
    seen(camera, 3)
    # A frame counts as done a little after it was handed on.
    camera.until(lambda: encoder.stats.summary().done > done, 'a frame that is done')
    assert encoder.stats.summary().done == done + 1
    assert [mask.header.stamp.sec for mask in camera.masks] == [1, 3]


def test_cleanup_gives_back_the_network_and_every_topic(
    start: Callable[..., Composition], camera: Camera, remote: Remote, outside: Any
) -> None:
    graph = start(overlay='false')
    seen(camera, 1)
    held = weakref.ref(graph.nodes['tensor_rt_node']._network)
    for name in NODES:
        assert remote.move(name, Transition.TRANSITION_DEACTIVATE)
        assert remote.move(name, Transition.TRANSITION_CLEANUP)
    camera.until(lambda: gc.collect() >= 0 and held() is None, 'letting go of the network')
    topics = (*camera.heard, 'unet/label_info')
    camera.until(
        lambda: not any(outside.count_publishers(f'/{topic}') for topic in topics), 'silence'
    )


def test_another_model_is_taken_without_a_restart(
    start: Callable[..., Composition], camera: Camera, remote: Remote, tmp_path: Path
) -> None:
    graph = start({'unet_decoder_node': {'color_palette': []}}, overlay='false')
    np.testing.assert_array_equal(seen(camera, 1), classes())
    network = graph.nodes['tensor_rt_node']
    other = Parameter('model', value=str(darkest_channel(tmp_path / 'darkest.onnx')))
    refused = network.set_parameters([other])[0]
    assert not refused.successful
    assert '`ros2 lifecycle set /tensor_rt_node cleanup` frees it' in refused.reason
    for name in NODES:
        assert remote.move(name, Transition.TRANSITION_DEACTIVATE)
        assert remote.move(name, Transition.TRANSITION_CLEANUP)
        assert graph.nodes[name].set_parameters([other])[0].successful
        assert remote.move(name, Transition.TRANSITION_CONFIGURE)
        assert remote.move(name, Transition.TRANSITION_ACTIVATE)
    assert graph.nodes['dnn_image_encoder_node'].get_parameter('network_image_width').value == 16
    camera.connected(graph)
    # Of pure red the darkest channel is green, the first of two that are 0.
    np.testing.assert_array_equal(seen(camera, 2), picture().argmin(2))


def test_a_model_that_is_not_there_leaves_the_node_as_it_was(
    ros: Any, remote: Remote, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = [Parameter('autostart', value=False), Parameter('model', value='')]
    node = TensorRTNode(context=ros.context, parameter_overrides=options)
    ros.add(node)
    assert (
        'autostart is false: waits for configure and activate '
        '(ros2 lifecycle set /tensor_rt_node configure)'
    ) in capfd.readouterr().err
    assert not remote.move('tensor_rt_node', Transition.TRANSITION_CONFIGURE)
    assert remote.state('tensor_rt_node') == 'unconfigured'
    assert 'not configured: ' in capfd.readouterr().err
    model = str(tiny_models.brightest_channel(tmp_path / 'brightest.onnx'))
    assert node.set_parameters([Parameter('model', value=model)])[0].successful
    assert remote.move('tensor_rt_node', Transition.TRANSITION_CONFIGURE)
    assert remote.state('tensor_rt_node') == 'inactive'
    assert remote.move('tensor_rt_node', Transition.TRANSITION_INACTIVE_SHUTDOWN)
    assert node._network is None


def darkest_channel(path: Path) -> Path:
    """Write a network of another size, of which the darkest channel is the class."""
    shape = [1, 3, 12, 16]
    return tiny_models.write_model(
        path,
        [helper.make_node('Neg', ['image'], ['scores'])],
        [helper.make_tensor_value_info('image', tiny_models.FLOAT, shape)],
        [helper.make_tensor_value_info('scores', tiny_models.FLOAT, shape)],
    )


def test_a_destroyed_node_leaves_no_service_behind(
    ros: Any, outside: Any, until: Callable[..., None]
) -> None:
    options = [Parameter('autostart', value=False)]
    node = TensorRTNode(context=ros.context, parameter_overrides=options)
    ros.executor.add_node(node)
    names = ('change_state', 'get_state', 'get_available_states', 'get_transition_graph')
    count = outside.count_services
    until(lambda: all(count(f'/tensor_rt_node/{name}') for name in names), 'services')
    ros.executor.remove_node(node)
    node.destroy_node()
    until(lambda: not any(count(f'/tensor_rt_node/{name}') for name in names), 'no services')
    until(lambda: not outside.count_publishers('/tensor_rt_node/transition_event'), 'no topic')
    # Held until here, so that no garbage collection can have done it.
    assert isinstance(node, TensorRTNode)
