"""SegNetNode under ros_deep_learning's names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import NodeSpec
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
import tiny_models
from topic_listener import LATCHED, QOS, Topics
from vision_msgs.msg import VisionInfo
from watched_graph import array, classes, message, picture

pytestmark = pytest.mark.ros
COLORS = np.array([[200, 0, 0], [0, 100, 0], [0, 0, 50]], np.uint8)
TOPICS = dict.fromkeys(('segnet/overlay', 'segnet/color_mask', 'segnet/class_mask'), Image)


@pytest.fixture
def shown(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> Callable[..., Any]:
    """Give what starts the graph, which gives a function that sends a picture and hears all."""
    model = tiny_models.coarse_channels(tmp_path / 'fcn.onnx', ('input_0', 'output_0'), (24, 32))
    (tmp_path / 'labels.txt').write_text('red\ngreen\nblue\n')
    (tmp_path / 'colors.txt').write_text('200 0 0\n0 100 0 255\n0 0 50\n')
    topics = Topics(outside, TOPICS)
    images = outside.create_publisher(Image, 'image', QOS)

    def begin(**given: str) -> tuple[Any, Callable[..., list[Any]]]:
        told = {
            'model_path': str(model),
            'class_labels': str(tmp_path / 'labels.txt'),
            'class_colors': str(tmp_path / 'colors.txt'),
        }
        more = {'segnet': {'mask_frame': given.pop('mask_frame', 'image')}}
        graph = compose('segnet', more, **told, **given)
        until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
        until(lambda: topics.are_known_to(graph), 'discovery of the topics')

        def send(image: np.ndarray, encoding: str = 'rgb8') -> list[Any]:
            count = len(topics['segnet/overlay'])
            images.publish(message(image, count, encoding))
            until(lambda: topics.have(count + 1), 'results')
            return [topics[topic][count] for topic in TOPICS]

        return graph['segnet'], send

    return begin


def test_overlay_colours_and_classes_have_the_size_and_header_of_the_image(
    shown: Callable[..., Any],
) -> None:
    _, send = shown(mask_filter='point', overlay_filter='point', overlay_alpha='102')
    overlay, colored, labels = send(picture((24, 32)))
    for one in (overlay, colored, labels):
        assert (one.height, one.width) == (24, 32)
        assert (one.header.stamp.nanosec, one.header.frame_id) == (7, 'camera_0')
    expected = classes((24, 32))
    np.testing.assert_array_equal(array(labels), expected)
    np.testing.assert_array_equal(array(colored), COLORS[expected])
    # 102 of 255 are two fifths.
    mixed = 0.6 * picture((24, 32)) + 0.4 * COLORS[expected]
    np.testing.assert_allclose(array(overlay).astype(float), mixed, atol=1)


def test_opacities_in_the_file_take_the_place_of_the_overlays(
    shown: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / 'colors.txt').write_text('200 0 0 51\n0 100 0 255\n0 0 50 0\n')
    node, send = shown(mask_filter='point', overlay_filter='point')
    image, expected = picture((24, 32)), classes((24, 32))
    for alpha in (102.0, 255.0):
        assert node.set_parameters([Parameter('overlay_alpha', value=alpha)])[0].successful
        overlay, colored, _ = send(image)
        share = np.array([0.2, alpha / 255, 0.0])[expected][..., np.newaxis]
        mixed = (1 - share) * image + share * COLORS[expected]
        np.testing.assert_allclose(array(overlay).astype(float), mixed, atol=1)
        np.testing.assert_array_equal(array(colored), COLORS[expected])


def test_linear_filters_mix_the_colours_of_cells_and_never_classes(
    shown: Callable[..., Any],
) -> None:
    node, send = shown(overlay_alpha='255')
    overlay, colored, labels = send(picture((24, 32)))
    np.testing.assert_array_equal(array(overlay), array(colored))
    # Between the cells of red (above) and green (below): rows 10 to 13 lie 1/8 to 7/8 of a cell
    # from the centre of the upper one.
    share = (np.arange(10, 14) + 0.5 - 10) / 4
    np.testing.assert_allclose(array(colored)[10:14, 3, 0], 200 * (1 - share), atol=1)
    np.testing.assert_allclose(array(colored)[10:14, 3, 1], 100 * share, atol=1)
    assert set(np.unique(array(labels))) <= {0, 1, 2}
    assert node.set_parameters([Parameter('overlay_filter', value='point')])[0].successful
    hard, soft, _ = send(picture((24, 32)))
    assert {tuple(color) for color in array(hard).reshape(-1, 3)} == {*map(tuple, COLORS)}
    np.testing.assert_array_equal(array(soft), array(colored))


def test_a_bgr_image_gives_the_same_classes_and_a_bgr_overlay(shown: Callable[..., Any]) -> None:
    _, send = shown(overlay_alpha='255', overlay_filter='point', mask_filter='point')
    overlay, colored, labels = send(np.ascontiguousarray(picture((24, 32))[..., ::-1]), 'bgr8')
    assert overlay.encoding == 'bgr8'
    np.testing.assert_array_equal(array(overlay)[..., ::-1], array(colored))
    np.testing.assert_array_equal(array(labels), classes((24, 32)))


def test_the_class_mask_may_have_the_cells_of_the_network(shown: Callable[..., Any]) -> None:
    _, send = shown(mask_frame='network')
    overlay, _, labels = send(picture((48, 64)))
    assert (labels.height, labels.width) == (6, 8)
    np.testing.assert_array_equal(array(labels), classes((6, 8)))
    assert (overlay.height, overlay.width) == (48, 64)


def test_who_comes_late_is_told_where_the_names_are(
    shown: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> None:
    node, _ = shown()
    topics = Topics(outside, {'segnet/vision_info': VisionInfo}, LATCHED)
    until(lambda: topics.have(1), 'vision_info')
    info = topics['segnet/vision_info'][0]
    assert (info.method, info.database_location) == ('fcn', '/segnet/class_names')
    names = info.database_location.rpartition('/')[2]
    assert list(node.get_parameter(names).value) == ['red', 'green', 'blue']


def test_a_class_may_be_ignored(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> None:
    model = tiny_models.coarse_channels(tmp_path / 'fcn.onnx', ('input_0', 'output_0'), (24, 32))
    topics = Topics(outside, {'class_mask': Image})
    told = {'model_path': str(model), 'ignore_class': '0'}
    graph = compose([NodeSpec('SegNetNode', 'segnet', told)])
    images = outside.create_publisher(Image, 'image_in', QOS)
    until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
    until(lambda: topics.are_known_to(graph), 'discovery of the mask')
    images.publish(message(picture((24, 32)), 1))
    until(lambda: topics.have(1), 'a mask')
    assert 0 not in array(topics['class_mask'][0])


@pytest.mark.parametrize(
    ('told', 'said'),
    [
        ({'model_name': 'fcn-resnet18-voc-320x320'}, 'does not exist'),
        ({'model_name': 'no-such-net'}, 'no model'),
        ({'model_path': 'OBJECTS'}, 'finds no classes; take InstanceDecoderNode'),
        ({'model_path': 'FCN', 'class_labels': '/no/labels.txt'}, 'cannot be read'),
        ({'model_path': 'FCN', 'overlay_alpha': 256.0}, 'overlay_alpha is 256'),
    ],
)
def test_what_is_wrong_is_told_at_the_start(
    compose: Callable[..., Any], tmp_path: Path, told: dict[str, Any], said: str
) -> None:
    from isaac_seg_py.errors import ModelError

    names = ('input_0', 'output_0')
    files = {
        'FCN': tiny_models.coarse_channels(tmp_path / 'fcn.onnx', names, (24, 32)),
        'OBJECTS': tiny_models.colored_objects(tmp_path / 'objects.onnx', [[0, 0, 8, 8]] * 3),
    }
    told = {name: str(files.get(value, value)) if name == 'model_path' else value
            for name, value in told.items()}  # fmt: skip
    with pytest.raises((ConfigError, ModelError), match=said):
        compose([NodeSpec('SegNetNode', 'segnet', told)])
