"""The shipped network finds the objects of scenes that it has not seen, asked over ROS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from asked_graph import Asker, detections, mask_of, prompt
import cv2
from isaac_ros_tensor_list_interfaces.msg import TensorList
from isaac_seg_py.scenes import make_scene, Scene
import numpy as np
import pytest
from rclpy.node import Node
from sensor_msgs.msg import Image
from topic_listener import Topics
from watched_graph import message

pytestmark = pytest.mark.ros
SEEDS = range(800_900, 800_906)
# What a person could point at.
LEAST_PIXELS = 400
MASKS = 'segment_anything/raw_segmentation_mask'


def scenes() -> list[tuple[Image, Scene, list[int]]]:
    """Make images with their truth and the objects worth asking for."""
    made = []
    for number, seed in enumerate(SEEDS, 1):
        scene = make_scene(seed, objects=4)
        image = message(scene.image, number)
        image.header.stamp.nanosec, image.header.frame_id = 0, 'camera'
        seen = [one for one in scene.boxes if (scene.instances == one).sum() >= LEAST_PIXELS]
        made.append((image, scene, seen))
    return made


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the intersection over union."""
    return float((found & truth).sum() / (found | truth).sum())


def inside(truth: np.ndarray) -> tuple[float, float]:
    """Return the middle of the pixel that lies deepest inside a mask."""
    away = cv2.distanceTransform(np.pad(truth, 1).view(np.uint8), cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(away.argmax()), away.shape)
    return column - 0.5, row - 0.5


@pytest.fixture
def asker(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> Asker:
    """Give a participant that asks the shipped network."""
    asker = Asker(outside, until, tmp_path)
    asker.connected(compose('segment_anything', threads='1'))
    return asker


def test_boxes_on_the_topic_give_the_masks_of_their_objects(
    asker: Asker, outside: Node, until: Callable[..., None]
) -> None:
    topics = Topics(outside, {MASKS: TensorList})
    until(lambda: outside.count_publishers(f'/{MASKS}') == 1, 'discovery of the masks')
    found = []
    for count, (image, scene, seen) in enumerate(scenes(), 1):
        asker.images.publish(image)
        asker.prompts.publish(detections(count, [scene.boxes[one] for one in seen]))
        until(lambda n=count: len(topics[MASKS]) == n, 'masks')
        (tensor,) = topics[MASKS][count - 1].tensors
        rows = np.frombuffer(tensor.data, np.bool_).reshape(len(seen), *scene.labels.shape)
        found += [
            overlap(row, scene.instances == one) for row, one in zip(rows, seen, strict=True)
        ]
    assert len(found) > 15
    assert np.mean(found) >= 0.85, sorted(found)


def test_a_point_of_a_request_gives_the_object_that_it_lies_on(asker: Asker) -> None:
    found = []
    for number, (image, scene, seen) in enumerate(scenes(), 1):
        asker.images.publish(image)
        asked = [prompt(str(one), points=[inside(scene.instances == one)]) for one in seen]
        answer = asker.ask(asked, number)
        assert answer.success, answer.message
        assert [one.id for one in answer.detections.detections] == [str(one) for one in seen]
        found += [
            overlap(mask_of(mask) > 0, scene.instances == one)
            for mask, one in zip(answer.masks, seen, strict=True)
        ]
    assert np.mean(found) >= 0.8, sorted(found)
