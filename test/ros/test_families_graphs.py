"""Each family through its graph, with the network that is shipped, against the scene's truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import find_graph
from isaac_seg_py.scenes import make_scene
import numpy as np
import pytest
from rclpy.node import Node
from sensor_msgs.msg import Image
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray
from watched_graph import array, message

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SEEDS = (820_101, 820_102, 820_103)
MASKS = {
    'unet': 'unet/raw_segmentation_mask',
    'segformer': 'segformer/raw_segmentation_mask',
    'segnet': 'segnet/class_mask',
    'instances': 'instances/class_segmentation_mask',
}


def shipped(graph: str) -> str:
    """Return the graph's own model; skip the test where it is not here."""
    arguments = {one.name: str(one.default) for one in find_graph(graph).arguments}
    model = arguments.get('model') or arguments['model_name']
    try:
        found = find_manifest(model).on_disk
    except ConfigError:
        found = False
    if not found:
        pytest.skip(f'{model} is not trained yet: training/')
    return model


def run(
    graph: str,
    compose: Callable[..., Any],
    outside: Node,
    until: Callable[..., None],
    kinds: dict[str, type],
) -> list[tuple[Any, dict[str, Any]]]:
    """Send scenes through a graph; return each with what came of it."""
    topics = Topics(outside, kinds)
    started = compose(graph, threads='1')
    images = outside.create_publisher(Image, 'image', QOS)
    readers = 2 if 'alpha_blend_node' in started.nodes else 1
    until(lambda: images.get_subscription_count() == readers, 'discovery of the camera')
    until(lambda: topics.are_known_to(started), 'discovery of the results')
    results = []
    for number, seed in enumerate(SEEDS):
        scene = make_scene(seed, size=(240, 320))
        images.publish(message(scene.image, number))
        until(lambda n=number: topics.have(n + 1), 'results', 60)
        results.append((scene, {topic: topics[topic][number] for topic in kinds}))
    return results


@pytest.mark.parametrize('graph', MASKS)
def test_the_masks_are_those_of_the_scene_with_its_header(
    graph: str, compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> None:
    shipped(graph)
    both, either = np.zeros(7), np.zeros(7)
    results = run(graph, compose, outside, until, {MASKS[graph]: Image})
    for number, (scene, came) in enumerate(results):
        mask = came[MASKS[graph]]
        assert (mask.header.stamp.sec, mask.header.frame_id) == (number, f'camera_{number}')
        labels = array(mask)
        if graph == 'instances':
            labels = classes_of_scene(labels)
        for class_id in range(7):
            found, truth = labels == class_id, scene.labels == class_id
            both[class_id] += (found & truth).sum()
            either[class_id] += (found | truth).sum()
    overlap = both[either > 0] / either[either > 0]
    assert overlap.mean() > 0.75, overlap


def classes_of_scene(labels: np.ndarray) -> np.ndarray:
    """Return the classes of objects as the scene numbers them, 0 where none is."""
    names = find_manifest(shipped('instances')).labels
    scene = make_scene(SEEDS[0], size=(64, 64)).class_names
    table = np.zeros(256, np.uint8)
    for number, name in enumerate(names):
        table[number] = list(scene).index(name)
    return table[labels]


def test_the_objects_are_those_of_the_scene(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> None:
    shipped('instances')
    kinds = {'instances/detections': Detection2DArray}
    found = matched = 0
    for scene, came in run('instances', compose, outside, until, kinds):
        truth = list(scene.boxes.values())
        found += len(truth)
        boxes = [corners(one.bbox) for one in came['instances/detections'].detections]
        matched += sum(max((overlap(box, one) for one in boxes), default=0) > 0.5 for box in truth)
    assert matched / found > 0.75, (matched, found)


def corners(box: Any) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2 of a box."""
    x, y = box.center.position.x, box.center.position.y
    wide, tall = box.size_x / 2, box.size_y / 2
    return x - wide, y - tall, x + wide, y + tall


def overlap(one: Any, other: Any) -> float:
    """Return the intersection of two boxes over their union."""
    wide = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    tall = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / (sum(areas) - wide * tall)
