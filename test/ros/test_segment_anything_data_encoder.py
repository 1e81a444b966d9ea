"""SegmentAnythingDataEncoderNode sends six tensors, as Isaac ROS names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.geometry import View
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.ros.conversions import TENSORS, tensors_from_message
from isaac_seg_py.ros.detections import Detection, DETECTIONS
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from rclpy.node import Node
from std_msgs.msg import Header
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.ros
NAME = 'segment_anything_data_encoder_node'
SIX = ['input_tensor', 'points', 'labels', 'input_mask', 'has_input_mask', 'orig_img_dims']
TOP_LEFT = 'letterbox_top_left'


class Encoder:
    """The running node, with somebody's image encoder and detector."""

    def __init__(self, graph: Any, node: Node, until: Callable[..., None]) -> None:
        """Publish and hear with plain rclpy."""
        self.graph, self.until = graph, until
        self.topics = Topics(node, {'tensor': TensorList, 'encoded_prompts': Detection2DArray})
        kinds = {'tensor_pub': TensorList, 'prompts': Detection2DArray}
        self.out = {name: node.create_publisher(kind, name, QOS) for name, kind in kinds.items()}
        until(lambda: all(out.get_subscription_count() for out in self.out.values()))
        until(lambda: self.topics.are_known_to(graph), 'discovery of the tensors')

    def image(
        self, number: int, tensors: dict[str, np.ndarray], view: View | None = None, late: int = 0
    ) -> None:
        """Send the tensor of an image."""
        message = TENSORS.to_message(header(number, late), Tensors(tensors, view))
        self.out['tensor_pub'].publish(message)

    def prompts(self, number: int, *boxes: tuple[float, ...], late: int = 0) -> None:
        """Send boxes; whoever sends them has another frame."""
        found = tuple(
            Detection('', 'cup', 0.5, (float(a), float(b), float(c), float(d)))
            for a, b, c, d in boxes
        )
        message = DETECTIONS.to_message(header(number, late), found)
        message.header.frame_id = 'detector'
        self.out['prompts'].publish(message)

    def told(self, text: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Wait until the node has said something."""
        said: list[str] = []

        def is_said() -> bool:
            said.extend(capfd.readouterr())
            return text in ''.join(said)

        self.until(is_said, f'telling {text!r}')


def header(number: int, late: int = 0) -> Header:
    """Make a header with that stamp."""
    made = Header(frame_id='eye')
    made.stamp.sec, made.stamp.nanosec = number, late
    return made


def blank(side: int = 64) -> np.ndarray:
    """Make the tensor of an image."""
    return np.full((1, 3, side, side), 0.25, np.float32)


@pytest.fixture
def begin(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> Callable[..., Encoder]:
    """Give what starts the node."""

    def start(**told: Any) -> Encoder:
        graph = compose([NodeSpec('SegmentAnythingDataEncoderNode', NAME, told)])
        return Encoder(graph, outside, until)

    return start


# Where Isaac ROS drifts by up to 1.2 pixels: what is un-padded is what was filled.
@pytest.mark.parametrize(
    ('size', 'filled'),
    [((632, 1200), (539, 1024)), ((376, 672), (573, 1024)), ((480, 848), (580, 1024))],
)
def test_prompts_lie_where_the_image_lies(
    begin: Callable[..., Encoder], size: tuple[int, int], filled: tuple[int, int]
) -> None:
    node = begin()
    view = View.fit(size, (1024, 1024), TOP_LEFT)
    height, width = size
    node.prompts(3, (10, 20, width - 30, height - 7), (0, 0, width, height))
    node.image(3, {'input_tensor': blank(1024)}, view)
    node.until(lambda: node.topics.have(1), 'tensors')
    message = node.topics['tensor'][0]
    assert (message.header.stamp.sec, message.header.frame_id) == (3, 'eye')
    assert [one.name for one in message.tensors] == [*SIX, 'isaac_seg_view']
    came = tensors_from_message(message)
    assert came.view == view
    assert {one.dtype.name for one in came.on_host().values()} == {'float32'}
    assert came['points'].shape == (2, 2, 2)
    assert came['labels'].tolist() == [[2, 3], [2, 3]]
    # The whole image is the whole of what is filled, to the last row.
    assert came['points'][1].tolist() == [[0, 0], [filled[1], filled[0]]]
    back = came['points'][0] / np.array(filled[::-1]) * (width, height)
    np.testing.assert_allclose(back, [[10, 20], [width - 30, height - 7]], atol=1e-3)
    assert came['orig_img_dims'].tolist() == [height, width]
    assert came['has_input_mask'].tolist() == [0]
    assert came['input_mask'].shape == (1, 1, 256, 256)
    assert not came['input_mask'].any()
    np.testing.assert_array_equal(came['input_tensor'], blank(1024))
    named = node.topics['encoded_prompts'][0]
    assert named.header == message.header
    assert [one.id for one in named.detections] == ['1', '2']


def test_an_encoder_without_a_view_is_told_the_size_of_the_image(
    begin: Callable[..., Encoder],
) -> None:
    node = begin(orig_img_dims=[32, 64], publish_view=False, max_batch_size=2)
    boxes = [(8, 4, 16, 12), (0, 0, 9, 9), (32, 16, 64, 32)]
    node.prompts(1, *boxes)
    # The only tensor, whatever its name.
    node.image(1, {'output_tensor': blank(128)})
    node.until(lambda: len(node.topics['tensor']) == 2, 'two lists for three prompts')
    lists = node.topics['tensor']
    assert [[one.name for one in message.tensors] for message in lists] == [SIX, SIX]
    points = np.concatenate([tensors_from_message(message)['points'] for message in lists])
    np.testing.assert_array_equal(points.reshape(3, 4), np.array(boxes) * 2)
    assert tensors_from_message(lists[0])['orig_img_dims'].tolist() == [32, 64]
    assert len(node.topics['encoded_prompts'][0].detections) == 3


def test_without_a_view_the_size_of_the_image_is_asked_for(
    begin: Callable[..., Encoder], capfd: pytest.CaptureFixture[str]
) -> None:
    node = begin()
    node.prompts(2, (8, 4, 16, 12))
    node.image(2, {'input_tensor': blank()})
    node.told('orig_img_dims is not set', capfd)


def test_an_image_in_the_middle_of_its_canvas_is_refused(
    begin: Callable[..., Encoder], capfd: pytest.CaptureFixture[str]
) -> None:
    node = begin()
    node.prompts(1, (1, 1, 9, 9))
    node.image(1, {'input_tensor': blank()}, View.fit((32, 64), (64, 64), 'letterbox'))
    node.told('Set fit: letterbox_top_left where the image is encoded', capfd)
    node.prompts(2, (1, 1, 9, 9))
    node.image(2, {'input_tensor': blank()}, View.fit((32, 64), (64, 64), TOP_LEFT))
    node.until(lambda: node.topics.have(1), 'the next image')
    assert node.topics['tensor'][0].header.stamp.sec == 2


def test_stamps_are_equal_or_the_nearest_within_the_bound(begin: Callable[..., Encoder]) -> None:
    node = begin(sync_tolerance=0.02)
    view = View.fit((32, 64), (64, 64), TOP_LEFT)
    for late in (0, 15_000_000, 60_000_000):
        node.image(7, {'input_tensor': np.full_like(blank(), late)}, view, late=late)
    node.until(lambda: node.graph[NAME].stats.summary().received == 3, 'three images')
    node.prompts(7, (1, 1, 9, 9), late=12_000_000)
    node.until(lambda: node.topics.have(1), 'tensors')
    # With the stamp of the image, and its pixels.
    message = node.topics['tensor'][0]
    assert message.header.stamp.nanosec == 15_000_000
    assert tensors_from_message(message)['input_tensor'][0, 0, 0, 0] == 15_000_000
    node.prompts(7, (1, 1, 9, 9), late=30_000_000)
    node.prompts(7, (1, 1, 9, 9), late=59_000_000)
    node.until(lambda: node.topics.have(2), 'tensors')
    assert node.topics['tensor'][1].header.stamp.nanosec == 60_000_000
    # The prompt in between has no image near, and the first image no prompt.
    node.until(lambda: node.graph[NAME].stats.summary().dropped, 'what has no partner')


def test_points_are_counted_and_followed_by_nothing(begin: Callable[..., Encoder]) -> None:
    node = begin(prompt_input_type='point')
    node.prompts(1, (6, 6, 14, 14), (90, 0, 92, 2), (20, 9, 20, 9))
    node.image(1, {'input_tensor': blank(128)}, View.fit((32, 64), (128, 128), TOP_LEFT))
    node.until(lambda: node.topics.have(1), 'tensors')
    came = tensors_from_message(node.topics['tensor'][0])
    assert came['points'].tolist() == [[[20, 20], [40, 18], [0, 0]]]
    assert came['labels'].tolist() == [[1, 1, -1]]
    assert node.graph[NAME].stats.summary().dropped['bad prompt'] == 1


@pytest.mark.parametrize(
    ('told', 'said'),
    [
        ({'prompt_input_type': 'lasso'}, 'Received invalid input prompt type: lasso'),
        ({'orig_img_dims': [632]}, r'orig_img_dims is \[632\]'),
        ({'max_batch_size': 0}, 'max_batch_size is 0'),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_start(
    compose: Callable[..., Any], told: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        compose([NodeSpec('SegmentAnythingDataEncoderNode', NAME, told)])
