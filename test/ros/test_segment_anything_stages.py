"""NVIDIA's single Segment Anything graph, in nodes under Isaac ROS's names, as one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.families.sam import open_sam
from isaac_seg_py.graphs import find_graph
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.ros.conversions import TENSORS, tensors_from_message
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from rclpy.node import Node
from sam_single_graph import INPUTS, OUTPUTS, SIDE, single_graph
from stages_chain import (
    BOXES,
    boxes,
    Chain,
    chain,
    DECODER,
    DEVIATION,
    ENCODER,
    MASKS,
    MEAN,
    picture,
    SIZE,
)
from watched_graph import array, message

pytestmark = pytest.mark.ros


@pytest.fixture
def begin(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> Callable[..., Chain]:
    """Give what starts the nodes."""

    def start(**encoder: Any) -> Chain:
        model = single_graph(tmp_path / 'single.onnx')
        return Chain(compose(chain(model, **encoder)), outside, until)

    return start


@pytest.fixture
def sam(tmp_path: Path) -> Iterator[PromptableSegmenter]:
    """Give the same network without ROS."""
    manifest = Manifest('one', 'sam', single_graph(tmp_path / 'same.onnx'))
    network = open_sam(manifest, backend='onnxruntime', threads=1)
    with PromptableSegmenter(manifest, network) as opened:
        yield opened


def masks_of(came: dict[str, Any]) -> np.ndarray:
    """Return the masks (N, H, W)."""
    (name,) = (one.name for one in came[MASKS].tensors)
    return tensors_from_message(came[MASKS])[name][:, 0]


# One tensor list for all, and two lists that come back as one answer.
@pytest.mark.parametrize('most', [20, 3])
@pytest.mark.parametrize('size', [SIZE, (61, 40), (64, 64), (37, 33)])
def test_the_answer_is_that_of_the_same_network_without_ros(
    begin: Callable[..., Chain], sam: PromptableSegmenter, most: int, size: tuple[int, int]
) -> None:
    image = picture(size)
    given = [box for box in BOXES if box[0] < size[1] and box[1] < size[0]]
    answer = sam.predict(sam.encode(image), boxes=given)
    came = begin(max_batch_size=most).send(boxes(*given), 5, image)
    masks = masks_of(came)
    assert masks.dtype == np.uint8
    assert 0 < answer.masks.sum() < answer.masks.size
    np.testing.assert_array_equal(masks, answer.masks.view(np.uint8))
    found = came['segment_anything/detections'].detections
    told = [(one.id, one.results[0].hypothesis.class_id) for one in found]
    assert told == [(f'track_{n}', f'kind_{n % 2}') for n in range(len(given))]
    scores = [one.results[0].hypothesis.score for one in found]
    assert scores == pytest.approx(answer.scores.tolist(), abs=1e-6)
    labels = came['segment_anything/label_image']
    np.testing.assert_array_equal(
        np.frombuffer(labels.data, np.uint16).reshape(size), answer.label_image()
    )
    covered = array(came['binary_mask'])
    np.testing.assert_array_equal(covered, answer.masks.any(0).astype(np.uint8) * 255)
    around = came['detection_array'].detections
    assert [one.results[0].hypothesis.class_id for one in around] == ['mask'] * len(given)
    for one, box in zip(around, answer.boxes.tolist(), strict=True):
        middle = one.bbox.center.position
        assert (middle.x, middle.y) == ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        assert (one.bbox.size_x, one.bbox.size_y) == (box[2] - box[0], box[3] - box[1])


def test_the_shipped_graph_joins_a_model_of_two_parts(
    compose: Callable[..., Any],
    outside: Node,
    until: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path))
    told = {'backend': 'onnxruntime', 'threads': '1', 'max_batch_size': '3'}
    nodes = find_graph('segment_anything_stages').nodes(told)
    running = Chain(compose(nodes), outside, until)
    came = running.send(boxes(*BOXES), 5)
    with PromptableSegmenter.open('tiny-sam', backend='onnxruntime', threads=1) as sam:
        answer = sam.predict(sam.encode(picture()), boxes=BOXES)
    assert 0 < answer.masks.sum() < answer.masks.size
    np.testing.assert_array_equal(masks_of(came), answer.masks.view(np.uint8))
    found = came['segment_anything/detections'].detections
    scores = [one.results[0].hypothesis.score for one in found]
    seen = answer.scores[answer.masks.any(axis=(1, 2))]
    assert scores == pytest.approx(seen.tolist(), abs=1e-5)


def test_isaac_ros_words_run_its_file(
    compose: Callable[..., Any],
    outside: Node,
    until: Callable[..., None],
    tmp_path: Path,
    sam: PromptableSegmenter,
) -> None:
    words = {
        'model_file_path': str(single_graph(tmp_path / 'single.onnx')),
        'input_image_width': str(SIZE[1]), 'input_image_height': str(SIZE[0]),
        'network_image_width': str(SIDE), 'network_image_height': str(SIDE),
        'encoder_image_mean': str(MEAN), 'encoder_image_stddev': str(DEVIATION),
        'model_name': 'segment_anything', 'model_repository_paths': '["/tmp/models"]',
        'input_tensor_names': str([*INPUTS]), 'input_binding_names': str([*INPUTS.values()]),
        'output_tensor_names': str([*OUTPUTS]), 'output_binding_names': str([*OUTPUTS.values()]),
        'input_tensor_formats': '["nitros_tensor_list_nchw_rgb_f32"]',
        'prompt_input_type': 'bbox', 'has_input_mask': 'False', 'orig_img_dims': str([*SIZE]),
        'network_output_type': 'argmax', 'max_batch_size': '20',
        'backend': 'onnxruntime', 'threads': '1',
    }  # fmt: skip
    nodes = find_graph('segment_anything_stages').nodes(words)
    # As NVIDIA's, which pads before the normalisation.
    padded = replace(sam.manifest, encode={'pad_after_normalization': False})
    with PromptableSegmenter(padded, open_sam(padded, backend='onnxruntime', threads=1)) as same:
        answer = same.predict(same.encode(picture()), boxes=BOXES)
    assert 0 < answer.masks.sum() < answer.masks.size
    came = Chain(compose(nodes), outside, until).send(boxes(*BOXES), 5)
    np.testing.assert_array_equal(masks_of(came), answer.masks.view(np.uint8))


def test_no_prompts_and_bad_prompts_are_answered(
    begin: Callable[..., Chain], capfd: pytest.CaptureFixture[str]
) -> None:
    running = begin()
    assert len(masks_of(running.send(boxes(*BOXES[:2]), 1))) == 2
    empty = running.send((), 2)
    (tensor,) = empty[MASKS].tensors
    assert list(tensor.shape.dims) == [0, 1, *SIZE]
    assert not array(empty['binary_mask']).any()
    assert array(empty['binary_mask']).shape == SIZE
    assert empty['detection_array'].detections == []
    assert empty['segment_anything/detections'].detections == []
    wrong = boxes((5, 5, 5, 9), BOXES[1], (70, 0, 90, 9))
    some = running.send(wrong, 3)
    assert len(masks_of(some)) == 1
    assert [one.id for one in some['segment_anything/detections'].detections] == ['track_1']
    # What is left of three bad ones is nothing, which is an answer, too.
    none = running.send(boxes((float('nan'), 0, 9, 9)), 4)
    assert list(none[MASKS].tensors[0].shape.dims) == [0, 1, *SIZE]
    running.until(lambda: running.graph[ENCODER].stats.summary().dropped['bad prompt'] == 3)
    said = ''.join(capfd.readouterr())
    assert 'outside of the image of 61x40' in said
    assert "object 'track_0' is [5.0, 5.0, 5.0, 9.0]" in said


def test_points_lie_on_one_object(begin: Callable[..., Chain], sam: PromptableSegmenter) -> None:
    points = [(11.5, 17.0), (30.0, 20.5)]
    around = boxes(*[(x - 5, y - 5, x + 5, y + 5) for x, y in points])
    came = begin(prompt_input_type='point').send(around, 1)
    answer = sam.predict(sam.encode(picture()), points=[points])
    np.testing.assert_array_equal(masks_of(came), answer.masks.view(np.uint8))
    (one,) = came['segment_anything/detections'].detections
    assert one.id == 'track_0'


def test_a_mask_of_the_same_stamp_is_given_to_the_network(
    begin: Callable[..., Chain], sam: PromptableSegmenter
) -> None:
    running = begin(has_input_mask=True)
    running.hears = ('image', 'prompts', 'mask')
    earlier = np.random.default_rng(812347).normal(0, 30, (16, 16)).astype(np.float32)
    running.until(running.out['mask'].get_subscription_count, 'discovery of the mask')
    header = message(picture(), 6).header
    mask = Tensors({'input_mask': earlier[np.newaxis, np.newaxis]})
    running.out['mask'].publish(TENSORS.to_message(header, mask))
    came = running.send(boxes(BOXES[1]), 6)
    seen = sam.encode(picture())
    answer = sam.predict(seen, boxes=[BOXES[1]], masks=[earlier])
    np.testing.assert_array_equal(masks_of(came), answer.masks.view(np.uint8))
    assert (answer.masks != sam.predict(seen, boxes=[BOXES[1]]).masks).any()


def test_nodes_that_were_cleaned_up_begin_anew(begin: Callable[..., Chain]) -> None:
    running = begin()
    masks = masks_of(running.send(boxes(*BOXES), 1))
    nodes = [running.graph[name] for name in (ENCODER, DECODER)]
    for node in nodes:
        node.trigger_deactivate()
        node.trigger_cleanup()
    # Else who listened before would be taken for who listens now.
    prompts = running.out['prompts']
    running.until(lambda: not prompts.get_subscription_count(), 'the end of who listened')
    for node in nodes:
        node.trigger_configure()
        node.trigger_activate()
    running.until(lambda: running.topics.are_known_to(running.graph), 'discovery of the results')
    np.testing.assert_array_equal(masks_of(running.send(boxes(*BOXES), 2)), masks)
