"""What the decoders of classes publish beside the mask, and only for who listens."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from isaac_seg_interfaces.msg import ClassStatisticsArray
from isaac_seg_py import rle
from isaac_seg_py.ros import outputs
from isaac_seg_py.ros.background import Background
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String
import tiny_models
from topic_listener import LATCHED, QOS, Topics
from vision_msgs.msg import LabelInfo
from watched_graph import array, classes, message, PALETTE, picture

pytestmark = pytest.mark.ros
Until = Callable[..., None]
NAMES = ['red', 'green', 'blue']
KINDS = {
    'raw_segmentation_mask': Image,
    'colored_segmentation_mask': Image,
    'confidence': Image,
    'legend': Image,
    'statistics': ClassStatisticsArray,
    'json': String,
}


@pytest.fixture
def segment(
    compose: Callable[..., Any], outside: Node, until: Until, tmp_path: Path
) -> Callable[..., Any]:
    """Give a function that starts a graph with the network of the brightest channel."""
    model = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')

    def begin(graph: str, topics: Topics, **told: Any) -> tuple[Any, Any]:
        decoder = {'color_palette': PALETTE, 'class_names': NAMES, **told}
        more = {f'{graph}_decoder_node': decoder}
        started = compose(graph, more, model=str(model), overlay='false')
        images = outside.create_publisher(Image, 'image', QOS)
        until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
        until(lambda: topics.are_known_to(started), 'discovery of the topics')
        return started[f'{graph}_decoder_node'], images

    return begin


@pytest.mark.parametrize('graph', ['unet', 'segformer'])
def test_every_output_says_the_same_with_the_header_of_the_image(
    segment: Callable[..., Any], outside: Node, until: Until, graph: str
) -> None:
    topics = Topics(outside, {f'{graph}/{name}': kind for name, kind in KINDS.items()})
    _, images = segment(graph, topics)
    images.publish(message(picture((60, 80)), 3))
    until(lambda: topics.have(1), 'results')
    by_name = {name: topics[f'{graph}/{name}'][0] for name in KINDS}
    labels = array(by_name['raw_segmentation_mask'])
    assert (labels == classes((60, 80))).mean() > 0.9
    for name in ('raw_segmentation_mask', 'legend', 'statistics'):
        header = by_name[name].header
        assert (header.stamp.sec, header.stamp.nanosec, header.frame_id) == (3, 7, 'camera_3')
    statistics = by_name['statistics']
    assert (statistics.height, statistics.width) == (60, 80)
    areas = np.bincount(labels.reshape(-1))
    assert [(one.class_id, one.class_name, one.pixels) for one in statistics.classes] == [
        (number, name, areas[number]) for number, name in enumerate(NAMES)
    ]
    confidence = np.frombuffer(by_name['confidence'].data, np.float32).reshape(60, 80)
    for one in statistics.classes:
        assert one.share == pytest.approx(one.pixels / 4800)
        assert one.mean_score == pytest.approx(confidence[labels == one.class_id].mean(), abs=1e-5)
        assert one.objects == 0
    content = json.loads(by_name['json'].data)
    assert content['stamp'] == {'sec': 3, 'nanosec': 7}
    assert content['frame_id'] == 'camera_3'
    for entry in content['classes']:
        np.testing.assert_array_equal(rle.decode(entry['rle']), labels == entry['id'])
        xs, ys = np.array(entry['polygons'][0]).reshape(-1, 2).T
        area = abs(np.dot(xs, np.roll(ys, 1)) - np.dot(ys, np.roll(xs, 1))) / 2
        assert area == areas[entry['id']]
    legend = array(by_name['legend'])
    shown = {tuple(color) for color in legend.reshape(-1, 3).tolist()}
    assert {(one >> 16, one >> 8 & 255, one & 255) for one in PALETTE} <= shown


def test_names_are_told_to_those_who_come_late(
    segment: Callable[..., Any], outside: Node, until: Until
) -> None:
    segment('unet', Topics(outside, {}))
    late = Topics(outside, {'unet/label_info': LabelInfo}, LATCHED)
    until(lambda: late.have(1), 'the names')
    info = late['unet/label_info'][0]
    assert [(one.class_id, one.class_name) for one in info.class_map] == list(enumerate(NAMES))
    assert info.header.stamp.sec > 0


def test_nothing_is_made_that_nobody_hears(
    segment: Callable[..., Any],
    outside: Node,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError('made for nobody')

    monkeypatch.setattr(outputs, 'class_statistics', fail)
    topics = Topics(outside, {'unet/raw_segmentation_mask': Image})
    decoder, images = segment('unet', topics)
    images.publish(message(picture(), 1))
    until(lambda: topics.have(1), 'a mask')
    assert decoder.stats.summary().dropped == {}
    heard = Topics(outside, {'unet/statistics': ClassStatisticsArray})
    until(lambda: decoder._publishers_here[4]._is_heard_outside(), 'discovery')
    images.publish(message(picture(), 2))
    until(lambda: decoder.stats.summary().dropped, 'the work for the statistics')
    assert heard['unet/statistics'] == []


def test_statistics_have_confidence_whoever_else_listens(
    segment: Callable[..., Any], outside: Node, until: Until
) -> None:
    topics = Topics(outside, {'unet/statistics': ClassStatisticsArray})
    _, images = segment('unet', topics)
    images.publish(message(picture(), 1))
    until(lambda: topics.have(1), 'statistics')
    found = topics['unet/statistics'][0].classes
    assert len(found) == 3
    assert all(0 < one.mean_score <= 1 for one in found)


def test_an_empty_palette_is_that_of_the_model_again(
    compose: Callable[..., Any], until: Until, ros: Background
) -> None:
    graph = compose('unet', overlay='false')
    decoder = graph['unet_decoder_node']
    ours = decoder._decode._classes.palette.colors
    changed = Parameter('color_palette', value=[0x010203])
    assert decoder.set_parameters([changed])[0].successful
    assert decoder._decode._classes.palette.colors == (0x010203,)
    # As ros2 param set has it, which cannot know what the list is of.
    empty = Parameter('color_palette', Parameter.Type.BYTE_ARRAY, [])
    assert decoder.set_parameters([empty])[0].successful
    assert decoder._decode._classes.palette.colors == ours
    assert len(ours) == 7
    wrong = decoder.set_parameters([Parameter('color_palette', value=['red'])])[0]
    assert not wrong.successful
    assert "color_palette is 'red' (str); integer[] is expected" in wrong.reason


def test_the_type_of_the_mask_stays_when_colours_change(
    compose: Callable[..., Any], outside: Node, until: Until
) -> None:
    from isaac_seg_py.graphs import NodeSpec
    from isaac_seg_py.ros.conversions import TENSORS
    from isaac_seg_py.tensors import Tensors
    from std_msgs.msg import Header

    topics = Topics(outside, {'unet/raw_segmentation_mask': Image})
    graph = compose([NodeSpec('UNetDecoderNode', 'decoder', {})])
    tensors = outside.create_publisher(TENSORS.message, 'tensor_sub', QOS)
    until(lambda: tensors.get_subscription_count() == 1, 'discovery of the tensors')
    until(lambda: topics.are_known_to(graph), 'discovery of the masks')
    for number, highest in enumerate((300, 3)):
        ids = np.full((1, 1, 4, 6), highest, np.int32)
        tensors.publish(TENSORS.to_message(Header(), Tensors({'classes': ids})))
        until(lambda n=number: topics.have(n + 1), 'a mask')
        palette = Parameter('color_palette', value=[0x010203])
        assert graph['decoder'].set_parameters([palette])[0].successful
    assert [one.encoding for one in topics['unet/raw_segmentation_mask']] == ['mono16', 'mono16']


def test_the_overlay_may_have_the_legend_in_its_corner(
    compose: Callable[..., Any], outside: Node, until: Until, tmp_path: Path
) -> None:
    model = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    topics = Topics(outside, {'segmentation_image_overlay': Image, 'unet/legend': Image})
    decoder = {'unet_decoder_node': {'class_names': NAMES, 'color_palette': PALETTE}}
    graph = compose('unet', decoder, model=str(model), legend='true')
    images = outside.create_publisher(Image, 'image', QOS)
    until(lambda: images.get_subscription_count() == 2, 'discovery of the camera')
    until(lambda: topics.are_known_to(graph), 'discovery of the topics')
    for number in range(2):
        images.publish(message(picture((200, 300)), number))
        until(lambda n=number: topics.have(n + 1), 'results')
    legend = array(topics['unet/legend'][0])
    overlay = array(topics['segmentation_image_overlay'][1])
    height, width = legend.shape[:2]
    assert height == 3 * 28
    np.testing.assert_array_equal(overlay[:height, :width], legend)
    assert overlay.shape == (200, 300, 3)
    beside = 0.5 * picture((200, 300))[:, width:]
    assert (overlay[:, width:] >= np.floor(beside)).all()


@pytest.mark.parametrize(
    ('plugin', 'of', 'said'),
    [
        ('InstanceDecoderNode', 'tiny-unet', 'finds classes; UNetDecoderNode decodes it'),
        ('UNetDecoderNode', 'yolo', 'finds objects; InstanceDecoderNode decodes it'),
    ],
)
def test_a_decoder_of_another_kind_is_refused(
    compose: Callable[..., Any], tmp_path: Path, plugin: str, of: str, said: str
) -> None:
    from isaac_seg_py.errors import ConfigError
    from isaac_seg_py.graphs import NodeSpec

    if of == 'yolo':
        of = str(tiny_models.colored_objects(tmp_path / 'yolo.onnx', [[0, 0, 8, 8]] * 3))
    with pytest.raises(ConfigError, match=said):
        compose([NodeSpec(plugin, 'decoder', {'model': of})])
