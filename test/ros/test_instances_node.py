"""The graph of networks that find objects, on a network whose answers are known by heart."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from family_networks import image_to
from isaac_seg_interfaces.msg import ClassStatisticsArray
from isaac_seg_py import rle
from isaac_seg_py.decode.queries import CLASSES, MASKS
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String
import tiny_models
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray
from watched_graph import array, classes, message, picture

pytestmark = pytest.mark.ros
NAMES = ['red', 'green']
PALETTE = [0x0A0000, 0x000B00, 0x00000C]
# On a canvas of 64x64 the picture of 12x16 fills the rows 8 to 56: red, green, blue.
BOXES = [[0, 8, 64, 32], [0, 32, 32, 56], [32, 32, 64, 56]]
KINDS = {
    'instances/raw_segmentation_mask': Image,
    'instances/class_segmentation_mask': Image,
    'instances/colored_segmentation_mask': Image,
    'instances/detections': Detection2DArray,
    'instances/statistics': ClassStatisticsArray,
    'instances/json': String,
    'segmentation_image_overlay': Image,
}


@pytest.fixture
def topics(outside: Node) -> Topics:
    """Give what is heard of the graph."""
    return Topics(outside, KINDS)


@pytest.fixture
def found(
    compose: Callable[..., Any],
    outside: Node,
    until: Callable[..., None],
    tmp_path: Path,
    topics: Topics,
) -> Callable[..., Any]:
    """Give what starts the graph, which gives a function that sends a picture and hears all."""
    model = tiny_models.colored_objects(tmp_path / 'objects.onnx', BOXES)
    images = outside.create_publisher(Image, 'image', QOS)

    def begin(**given: str) -> tuple[Any, Callable[[np.ndarray], dict[str, Any]]]:
        decoder = {'class_names': NAMES, 'color_palette': PALETTE}
        graph = compose('instances', {'instance_decoder_node': decoder}, model=str(model), **given)
        until(lambda: images.get_subscription_count() == 2, 'discovery of the camera')
        until(lambda: topics.are_known_to(graph), 'discovery of the topics')

        def send(image: np.ndarray) -> dict[str, Any]:
            count = len(topics['instances/json'])
            images.publish(message(image, count))
            until(lambda: topics.have(count + 1), 'results')
            return {topic: topics[topic][count] for topic in KINDS}

        return graph, send

    return begin


def test_objects_come_with_box_class_score_mask_and_the_header_of_their_image(
    found: Callable[..., Any],
) -> None:
    _, send = found(alpha='0.0', marks='false')
    came = send(picture())
    detections = came['instances/detections']
    told = [(one.id, one.results[0].hypothesis.class_id) for one in detections.detections]
    assert told == [('1', 'red'), ('2', 'green'), ('3', 'class 2')]
    scores = [one.results[0].hypothesis.score for one in detections.detections]
    np.testing.assert_allclose(scores, [0.9, 0.8, 0.7], rtol=1e-5)
    boxes = [
        (one.bbox.center.position.x, one.bbox.center.position.y, one.bbox.size_x, one.bbox.size_y)
        for one in detections.detections
    ]
    np.testing.assert_allclose(boxes, [(8, 3, 16, 6), (4, 9, 8, 6), (12, 9, 8, 6)], atol=1e-4)
    for one in (detections, *detections.detections, came['instances/raw_segmentation_mask']):
        assert (one.header.stamp.sec, one.header.stamp.nanosec) == (0, 7)
        assert one.header.frame_id == 'camera_0'
    objects = np.frombuffer(came['instances/raw_segmentation_mask'].data, np.uint16)
    np.testing.assert_array_equal(objects.reshape(12, 16), classes() + 1)
    np.testing.assert_array_equal(array(came['instances/class_segmentation_mask']), classes())
    colors = np.array([[10, 0, 0], [0, 11, 0], [0, 0, 12]], np.uint8)[classes()]
    np.testing.assert_array_equal(array(came['instances/colored_segmentation_mask']), colors)
    np.testing.assert_array_equal(array(came['segmentation_image_overlay']), colors)
    counted = [
        (one.class_id, one.pixels, one.objects) for one in came['instances/statistics'].classes
    ]
    assert counted == [(0, 96, 1), (1, 48, 1), (2, 48, 1)]
    content = json.loads(came['instances/json'].data)
    assert [one['name'] for one in content['objects']] == ['red', 'green', 'class 2']
    np.testing.assert_array_equal(rle.decode(content['objects'][1]['rle']), classes() == 1)
    assert content['objects'][2]['polygons'] == [[8, 6, 8, 12, 16, 12, 16, 6]]


def test_the_overlay_has_the_marks_of_its_objects(
    found: Callable[..., Any], topics: Topics
) -> None:
    topics.hear('instances/marks', Image)
    topics.hear('instances/legend', Image)
    _, send = found(alpha='0.0', color_by='object')
    came = send(picture((120, 160)))
    marks = array(topics['instances/marks'][0])
    overlay = array(came['segmentation_image_overlay'])
    colors = array(came['instances/colored_segmentation_mask'])
    is_drawn = marks[..., 3] == 255
    assert 0.05 < is_drawn.mean() < 0.5
    np.testing.assert_array_equal(overlay[is_drawn], marks[is_drawn, :3])
    # Between objects the image is as it was.
    is_bare = ~is_drawn & colors.any(-1)
    assert is_bare.mean() > 0.5
    np.testing.assert_array_equal(overlay[is_bare], colors[is_bare])
    rows = array(topics['instances/legend'][0])[14::28, 14].tolist()
    assert rows == [[0, 11, 0], [0, 0, 12], [10, 0, 0]]
    for (row, column), color in zip([(40, 120), (100, 60), (100, 140)], rows, strict=True):
        assert colors[row, column].tolist() == color


def test_where_no_object_is_the_masks_say_so(found: Callable[..., Any]) -> None:
    _, send = found(marks='false')
    image = picture()
    image[:6] = 20
    came = send(image)
    assert [one.id for one in came['instances/detections'].detections] == ['1', '2']
    objects = np.frombuffer(came['instances/raw_segmentation_mask'].data, np.uint16)
    assert not objects.reshape(12, 16)[:6].any()
    assert (array(came['instances/class_segmentation_mask'])[:6] == 255).all()
    assert not array(came['instances/colored_segmentation_mask'])[:6].any()
    # Where nothing was found the overlay shows the image.
    np.testing.assert_array_equal(array(came['segmentation_image_overlay'])[:6], image[:6])
    empty = send(np.zeros((12, 16, 3), np.uint8))
    assert empty['instances/detections'].detections == []
    assert empty['instances/statistics'].classes == []


def test_thresholds_names_and_colours_change_while_running(found: Callable[..., Any]) -> None:
    graph, send = found(score_threshold='0.75', classes_as='number')
    came = send(picture())['instances/detections'].detections
    assert [one.results[0].hypothesis.class_id for one in came] == ['0', '1']
    decoder = graph['instance_decoder_node']
    changed = {'score_threshold': 0.1, 'classes_as': 'name', 'color_by': 'object'}
    for name, value in changed.items():
        assert decoder.set_parameters([Parameter(name, value=value)])[0].successful
    again = send(picture())
    names = [
        one.results[0].hypothesis.class_id for one in again['instances/detections'].detections
    ]
    assert names == ['red', 'green', 'class 2']
    # The first object has the colour behind that of class 0, the last begins again.
    colored = array(again['instances/colored_segmentation_mask'])
    assert colored[0, 0].tolist() == [0, 11, 0]
    assert colored[11, 15].tolist() == [10, 0, 0]


@pytest.mark.parametrize('task', ['panoptic', 'instance', 'semantic'])
def test_a_network_of_queries_gives_objects_whatever_it_is_asked_for(
    compose: Callable[..., Any],
    outside: Node,
    until: Callable[..., None],
    tmp_path: Path,
    task: str,
) -> None:
    masks = np.full((1, 2, 8, 16), -9, np.float32)
    masks[0, 0, :, :8], masks[0, 1, :, 8:] = 9, 9
    answers = np.array([[[9, 0, 0], [0, 8, 0]]], np.float32)
    outputs = {CLASSES: answers, MASKS: masks}
    model = image_to(tmp_path / 'queries.onnx', 'pixel_values', outputs)
    kinds = {name: kind for name, kind in KINDS.items() if name.startswith('instances/')}
    topics = Topics(outside, kinds)
    names = {'class_names': NAMES, 'color_palette': PALETTE}
    graph = compose(
        'instances', {'instance_decoder_node': names}, model=str(model), task=task, overlay='false'
    )
    images = outside.create_publisher(Image, 'image', QOS)
    until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
    until(lambda: topics.are_known_to(graph), 'discovery of the topics')
    images.publish(message(np.zeros((16, 32, 3), np.uint8), 3))
    until(lambda: topics.have(1), 'results')
    halves = np.repeat([[0] * 16 + [1] * 16], 16, 0)
    # Class 0 is the background of a semantic task, and no object.
    told = ['green'] if task == 'semantic' else ['red', 'green']
    found = topics['instances/detections'][0].detections
    assert [one.results[0].hypothesis.class_id for one in found] == told
    objects = np.frombuffer(topics['instances/raw_segmentation_mask'][0].data, np.uint16)
    for one, name in zip(found, told, strict=True):
        mask = objects.reshape(16, 32) == int(one.id)
        np.testing.assert_array_equal(mask, halves == NAMES.index(name))
    np.testing.assert_array_equal(array(topics['instances/class_segmentation_mask'][0]), halves)
    counted = topics['instances/statistics'][0].classes
    assert [(one.class_name, one.pixels) for one in counted] == [('red', 256), ('green', 256)]
    assert [one.objects for one in counted] == [0 if task == 'semantic' else 1] * 2
