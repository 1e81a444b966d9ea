"""SegmentAnything2DataEncoderNode with a network of NVIDIA's contract, wired as Isaac ROS does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from followed_graph import adding
from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.geometry import View
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.ros.conversions import TENSORS, tensors_from_message
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from rclpy.node import Node
from sam2_single_network import MEMORY, POINTER, write_single_network
from std_msgs.msg import Header
from topic_listener import QOS, Topics

pytestmark = pytest.mark.ros
NAME = 'segment_anything2_data_encoder_node'
EIGHT = [
    'image', 'original_size', 'mask_memory', 'obj_ptr_memory', 'bbox_coords', 'point_coords',
    'point_labels', 'permutation',
]  # fmt: skip
SETTINGS = {
    'orig_img_dims': [48, 64], 'memory_shape': [*MEMORY], 'pointer_width': POINTER,
    'max_num_objects': 3,
}  # fmt: skip


class Loop:
    """The running nodes, and somebody's image encoder."""

    def __init__(self, graph: Any, node: Node, until: Callable[..., None]) -> None:
        """Publish and hear with plain rclpy."""
        self.node, self.until = graph[NAME], until
        self.heard = Topics(node, {'encoded_data': TensorList, 'tensor_sub': TensorList})
        self._images = node.create_publisher(TensorList, 'image', QOS)
        self._add = node.create_client(AddObjects, 'add_objects')
        self._remove = node.create_client(RemoveObject, 'remove_object')
        until(lambda: self._images.get_subscription_count() == 1, 'images are heard')
        until(lambda: self.heard.are_known_to(graph), 'discovery of the tensors')
        clients = self._add, self._remove
        until(lambda: all(client.service_is_ready() for client in clients), 'services')
        # An answer to a client that the other side has not found yet is lost.
        names = [client.service_name for client in clients]
        until(lambda: all(self.node.count_clients(name) for name in names), 'clients')
        # A message is counted by the node before anything is done with it.
        self.done = Counter[str]()
        for name in ('tensors', 'remember'):
            setattr(self.node._objects, name, self._counted(name))

    def image(self, number: int, value: float = 1, view: View | None = None) -> None:
        """Send the tensor of an image, which the network takes for one where nothing is seen."""
        header = Header(frame_id='eye')
        header.stamp.sec = number
        tensors = Tensors({'input_tensor': np.full((1, 1), value, np.float32)}, view)
        self._images.publish(TENSORS.to_message(header, tensors))

    def run(self, number: int, value: float = 1) -> tuple[Tensors, Tensors]:
        """Send an image; return what the network was given for it, and what it answered."""
        count = len(self.heard['tensor_sub'])
        self.image(number, value)
        self.until(lambda: self.heard.have(count + 1), f'answer {number}')
        # The answer comes back to the node by the same topic.
        self.until(lambda: self.done['remember'] > count, f'memory {number} came back')
        given, answer = (self.heard[name][-1] for name in ('encoded_data', 'tensor_sub'))
        assert (given.header.stamp.sec, given.header.frame_id) == (number, 'eye')
        return tensors_from_message(given), tensors_from_message(answer)

    def add(self, request: AddObjects.Request) -> AddObjects.Response:
        """Call the service and wait for its answer."""
        return self._called(self._add, request)

    def remove(self, name: str) -> RemoveObject.Response:
        """Call the service and wait for its answer."""
        return self._called(self._remove, RemoveObject.Request(object_id=name))

    def _counted(self, name: str) -> Callable[..., Any]:
        really = getattr(self.node._objects, name)

        def counted(*given: Any) -> Any:
            found = really(*given)
            self.done[name] += 1
            return found

        return counted

    def _called(self, client: Any, request: Any) -> Any:
        answer = client.call_async(request)
        self.until(answer.done, 'an answer of the service')
        return answer.result()


@pytest.fixture
def loop(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> Loop:
    """Start the loop of both nodes."""
    model = write_single_network(tmp_path / 'stub.onnx')
    network = {'model_file_path': str(model), 'backend': 'onnxruntime', 'threads': 1}
    nodes = [
        NodeSpec('SegmentAnything2DataEncoderNode', NAME, SETTINGS, {'memory': 'tensor_sub'}),
        NodeSpec('TensorRTNode', 'network', network, {'tensor_pub': 'encoded_data'}),
    ]
    return Loop(compose(nodes), outside, until)


def test_each_answer_is_of_its_own_object(loop: Loop) -> None:
    answer = loop.add(adding({'a': (11, 1, 16, 9)}, [('p', 30, 3, 1)]))
    assert (answer.success, answer.message) == (True, 'Success')
    assert (answer.object_ids, list(answer.object_indices)) == (['a', 'p'], [0, 1])
    # Nothing is seen: neither is confirmed, and both are shown again.
    given, _ = loop.run(1, -1)
    assert list(given.arrays) == EIGHT
    assert given['original_size'].tolist() == [48, 64]
    assert given['mask_memory'].shape == (2, 4, *MEMORY)
    given, answer_ = loop.run(2)
    # Points come before boxes in the rows of the network.
    assert given['permutation'].tolist() == [1, 0]
    assert answer_['prompt_row'][:, 0].tolist() == [11, 30]
    loop.add(adding({'b': (21, 1, 26, 9)}))
    given, answer_ = loop.run(3)
    assert given['permutation'].tolist() == [0, 1, 2]
    np.testing.assert_allclose(answer_['memory_row'][:, 0], [11, 30, 0])
    gone = loop.remove('a')
    assert (gone.object_ids, list(gone.object_indices)) == (['p', 'b'], [0, 1])
    _, answer_ = loop.run(4)
    np.testing.assert_allclose(answer_['memory_row'][:, 0], [30, 21], atol=0.01)


def test_a_confirmed_object_keeps_its_memory_while_an_earlier_one_is_not(loop: Loop) -> None:
    loop.add(adding({'late': (11, 1, 16, 9)}))
    loop.run(1, -1)
    loop.remove('late')
    loop.add(adding({'first': (21, 1, 26, 9)}))
    loop.run(2)
    loop.add(adding({'new': (31, 1, 36, 9)}))
    _, answer = loop.run(3, -1)
    assert answer['prompt_row'][:, 0].tolist() == [-1, 31]
    _, answer = loop.run(4)
    np.testing.assert_allclose(answer['memory_row'][:, 0], [21, 0])


def test_without_objects_nothing_goes_out(loop: Loop) -> None:
    loop.image(1)
    loop.until(lambda: loop.done['tensors'] == 1, 'the image')
    assert loop.add(adding({'a': (11, 1, 16, 9)})).success
    assert loop.remove('a').success
    answer = loop.remove('a')
    assert not answer.success
    assert answer.message == 'Failed to remove object; nothing is followed'
    loop.image(2)
    loop.until(lambda: loop.done['tensors'] == 2, 'the image')
    assert loop.heard['encoded_data'] == []


def test_refusals_have_isaac_ros_words(loop: Loop) -> None:
    loop.add(adding({'a': (11, 1, 16, 9)}))
    for request, said in (
        (adding({'a': (1, 1, 6, 9)}), 'duplicate bbox_object_id: a already exists'),
        (adding(dict.fromkeys('bcd', (1, 1, 6, 9))),
         'Number of objects exceeds the maximum limit of 3; remove one, or raise '
         'max_num_objects'),
        (adding(points=[('b', 1, 1, 1)] * 6),
         'Number of points for object b exceeds the maximum limit of 5'),
    ):  # fmt: skip
        answer = loop.add(request)
        assert (answer.success, answer.message, answer.object_ids) == (False, said, [])


def test_an_image_of_another_size_is_told(loop: Loop, capfd: pytest.CaptureFixture[str]) -> None:
    loop.add(adding({'a': (11, 1, 16, 9)}))
    loop.image(1, view=View.fit((100, 200), (64, 64), 'letterbox_top_left'))
    said: list[str] = []
    loop.until(lambda: said.extend(capfd.readouterr()) or 'set orig_img_dims' in ''.join(said))
    loop.run(2)


def test_a_size_is_two_numbers(compose: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match='orig_img_dims must be a vector of size 2'):
        compose([NodeSpec('SegmentAnything2DataEncoderNode', NAME, {'orig_img_dims': [1]})])
