"""SegmentEverythingNode, and the scene that tells its boxes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from asked_graph import corners_of, grey, mask_of, SIZE
from isaac_seg_py import PromptableSegmenter
from isaac_seg_py.graphs import NodeSpec
from isaac_seg_py.scenes import CLASS_NAMES, stream_video
import numpy as np
from prompted_pair import write_pair
import pytest
from rclpy.node import Node
from sensor_msgs.msg import Image
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.ros


def test_everything_is_what_the_core_finds(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> None:
    model = str(write_pair(tmp_path))
    asked = {'points_per_side': 4, 'pred_iou_thresh': 0.1, 'stability_score_thresh': 0.1}
    topics = Topics(outside, {
        'segment_everything/label_image': Image, 'segment_everything/detections': Detection2DArray,
    })  # fmt: skip
    images = outside.create_publisher(Image, 'image', QOS)
    given = {name: str(value) for name, value in asked.items()}
    graph = compose('segment_everything', model=model, threads='1', **given)
    until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
    until(lambda: topics.are_known_to(graph), 'discovery of the topics')
    images.publish(grey(3, 200))
    until(lambda: topics.have(1), 'an answer')
    with PromptableSegmenter.open(model, threads=1) as sam:
        objects = sam.everything(np.full((*SIZE, 3), 200, np.uint8), **asked).objects
    assert len(objects) > 1
    found = topics['segment_everything/detections'][0]
    assert (found.header.stamp.sec, found.header.frame_id) == (3, 'camera')
    assert [one.id for one in found.detections] == [str(one) for one in objects.ids]
    assert {one.results[0].hypothesis.class_id for one in found.detections} == {''}
    scores = [one.results[0].hypothesis.score for one in found.detections]
    np.testing.assert_allclose(scores, objects.scores, rtol=1e-6)
    labels = mask_of(topics['segment_everything/label_image'][0])
    np.testing.assert_array_equal(labels, objects.label_image())


def test_the_model_says_what_nobody_says(compose: Callable[..., Any], tmp_path: Path) -> None:
    model = write_pair(tmp_path)
    said = 'everything: {points_per_side: 5, pred_iou_thresh: 0.25}'
    model.write_text(f'{model.read_text()}\n{said}\n')
    told = {'model': str(model), 'threads': 1, 'pred_iou_thresh': 0.5}
    node = compose([NodeSpec('SegmentEverythingNode', 'segment_everything', told)])[
        'segment_everything'
    ]
    values = [
        node.get_parameter(name).value
        for name in ('points_per_side', 'pred_iou_thresh', 'stability_score_thresh')
    ]
    assert values == [5, 0.5, 0.95]


@pytest.fixture
def scene(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> Callable[..., list[Any]]:
    """Give a function that films a scene for the graph, and gives what one topic says of it."""

    def film(model: str, topics: Topics, **more: Any) -> None:
        camera = {'seed': 800_031, 'objects': 4, 'width': 320, 'height': 240, **more}
        graph = compose(
            'segment_anything', {'scene_publisher_node': camera},
            model=model, source='scene', rate='5.0', prompts='found', threads='1',
        )  # fmt: skip
        until(lambda: topics.have(4), 'masks of the scene', 60)
        graph['scene_publisher_node'].finish()

    return film


def test_the_boxes_of_a_scene_are_its_objects_and_prompts_of_the_graph(
    scene: Callable[..., None], outside: Node, tmp_path: Path
) -> None:
    topics = Topics(
        outside, {'found': Detection2DArray, 'segment_anything/detections': Detection2DArray}
    )
    scene(str(write_pair(tmp_path)), topics, objects=3)

    def by_stamp(topic: str) -> dict[tuple[int, int], Any]:
        return {(one.header.stamp.sec, one.header.stamp.nanosec): one for one in topics[topic]}

    boxes, answers = by_stamp('found'), by_stamp('segment_anything/detections')
    # Either topic may be heard a little earlier than the other.
    both = sorted({*boxes} & {*answers})
    assert both
    video = islice(stream_video(800_031, (240, 320), 3), 300)
    for stamp in both:
        asked, answer = boxes[stamp], answers[stamp]
        told = {int(one.id): tuple(map(round, corners_of(one))) for one in asked.detections}
        truth = next((scene for scene in video if scene.boxes == told), None)
        assert truth is not None, 'the boxes are not those of a frame'
        names = {one.id: one.results[0].hypothesis.class_id for one in asked.detections}
        for one in answer.detections:
            assert one.results[0].hypothesis.class_id == names[one.id]
            assert names[one.id] == CLASS_NAMES[truth.class_ids[int(one.id)]]
            assert one.header.frame_id == 'camera'
