"""The component container, asked as ros2 launch and ros2 component ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from composition_interfaces.srv import ListNodes, LoadNode, UnloadNode
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.container import ComponentContainer
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
import tiny_models

pytestmark = pytest.mark.ros
PACKAGE = 'isaac_seg_py'


class Asker:
    """Calls the services of a container from a context of its own."""

    def __init__(self, node: Node, container: Node, until: Callable[..., None]) -> None:
        """Make the clients."""
        self._until = until
        name = '/ComponentManager/_container'
        self._clients = {
            kind: node.create_client(kind, f'{name}/{verb}')
            for kind, verb in (
                (LoadNode, 'load_node'), (UnloadNode, 'unload_node'), (ListNodes, 'list_nodes'),
            )
        }  # fmt: skip
        clients = self._clients.values()
        until(lambda: all(client.service_is_ready() for client in clients), 'services')
        # An answer to a client that the other side has not found yet is lost.
        names = [client.service_name for client in clients]
        until(lambda: all(container.count_clients(name) for name in names), 'clients')

    def load(self, plugin: str, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
        """Ask for a node."""
        told = [Parameter(k, value=v).to_parameter_msg() for k, v in (parameters or {}).items()]
        request = LoadNode.Request(
            package_name=PACKAGE, plugin_name=f'{PACKAGE}::{plugin}', parameters=told, **more
        )
        return self.call(LoadNode, request)

    def call(self, kind: Any, request: Any) -> Any:
        """Call a service and wait for its answer."""
        future = self._clients[kind].call_async(request)
        self._until(future.done, 'an answer')
        return future.result()

    @property
    def names(self) -> list[str]:
        """Return the nodes that are loaded."""
        return list(self.call(ListNodes, ListNodes.Request()).full_node_names)


@pytest.fixture
def ask(ros: Background, until: Callable[..., None]) -> Iterator[Asker]:
    """Give a container and one who asks it."""
    container = ComponentContainer(ros.executor, context=ros.context)
    ros.add(container)
    with Background() as other:
        node = Node('asker', context=other.context)
        other.add(node)
        yield Asker(node, container, until)


def test_nodes_are_loaded_listed_and_unloaded(ask: Asker, tmp_path: Path) -> None:
    model = str(tiny_models.brightest_channel(tmp_path / 'm.onnx'))
    first = ask.load('DnnImageEncoderNode', {'model': model}, node_namespace='/front')
    assert first.success, first.error_message
    assert first.full_node_name == '/front/dnn_image_encoder_node'
    second = ask.load('TensorRTNode', {'model': model}, node_name='network')
    assert second.success, second.error_message
    assert second.full_node_name == '/network'
    assert first.unique_id != second.unique_id
    assert ask.names == ['/front/dnn_image_encoder_node', '/network']
    assert ask.call(UnloadNode, UnloadNode.Request(unique_id=first.unique_id)).success
    assert ask.names == ['/network']
    again = ask.call(UnloadNode, UnloadNode.Request(unique_id=first.unique_id))
    assert not again.success
    assert f'no node has id {first.unique_id}' in again.error_message


@pytest.mark.parametrize(
    ('plugin', 'parameters', 'said'),
    [
        ('DnnImageEncodrNode', {}, 'Did you mean isaac_seg_py::DnnImageEncoderNode?'),
        ('DnnImageEncoderNode', {}, 'Invalid network_image_width'),
        ('TensorRTNode', {}, 'no network was given; set model'),
        ('TensorRTNode', {'model': 'none.onnx'}, "'none.onnx' does not exist"),
        (
            'TensorRTNode',
            {'model': 'tiny-unett'},
            "no model 'tiny-unett'. Did you mean tiny-unet?",
        ),
        (
            'UNetDecoderNode',
            {'network_output_type': 'soft'},
            'Received invalid network output type: soft',
        ),
        (
            'UNetDecoderNode',
            {'color_segmentation_mask_encoding': ''},
            'Received empty color segmentation mask encoding!',
        ),
        (
            'UNetDecoderNode',
            {'color_segmentation_mask_encoding': 'cmyk'},
            'Received invalid color segmentation mask encoding: cmyk',
        ),
        ('UNetDecoderNode', {'output_qos': 'BEST'}, "quality of service is 'BEST'"),
        ('AlphaBlendNode', {'alpha': 1.5}, 'alpha is 1.5; it must be 0 to 1'),
        ('AlphaBlendNode', {'alpha': 'half'}, "alpha is 'half' (str); double is expected"),
        ('ImagePublisherNode', {'source': '/none'}, "'/none' does not exist"),
    ],
)
def test_a_node_that_cannot_be_made_is_refused_with_the_reason(
    ask: Asker, plugin: str, parameters: dict[str, Any], said: str
) -> None:
    answer = ask.load(plugin, parameters)
    assert not answer.success
    assert said in answer.error_message
    assert ask.names == []


def test_a_path_is_no_plugin(ask: Asker) -> None:
    request = LoadNode.Request(package_name='os', plugin_name='os::system')
    answer = ask.call(LoadNode, request)
    assert not answer.success
    assert "no plugin 'os::system'" in answer.error_message


def test_whole_numbers_do_for_doubles_and_remappings_hold(
    ask: Asker, ros: Background, until: Callable[..., None]
) -> None:
    answer = ask.load('AlphaBlendNode', {'alpha': 1}, remap_rules=['blended_image:=/over'])
    assert answer.success, answer.error_message
    watcher = Node('watcher', context=ros.context)
    ros.add(watcher)
    until(lambda: watcher.count_publishers('/over') == 1, 'the remapped topic')


def test_an_unknown_parameter_is_told_with_the_one_that_was_meant(
    ask: Asker, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask.load('AlphaBlendNode', {'alhpa': 0.2}).success
    captured = capfd.readouterr()
    said = 'parameter alhpa is not known to this node; did you mean alpha?'
    assert said in captured.out + captured.err
