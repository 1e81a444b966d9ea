"""The service ~/segment: points, boxes and masks in; all that is known of each object out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asked_graph import (
    Asker,
    corners_of,
    grey,
    mask_of,
    prompt,
    SIZE,
    with_three_images,
)
import numpy as np
import pytest
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
BOX = (8, 8, 24, 24)


@pytest.fixture
def node(compose: Callable[..., Any], asker: Asker, request: pytest.FixtureRequest) -> Any:
    """Give a node that has seen the images 1, 2 and 3; a test may set parameters."""
    return with_three_images(compose, asker, getattr(request, 'param', {}))


def scores_in(message: Image) -> np.ndarray:
    """Read a 32FC1 image."""
    assert message.encoding == '32FC1'
    return np.frombuffer(message.data, np.float32).reshape(message.height, message.width)


def test_the_answer_has_everything_of_each_object_in_the_order_of_the_prompts(
    node: Any, asker: Asker
) -> None:
    answer = asker.ask(
        [
            prompt('ball', points=[(40, 30)], class_id='toy'),
            prompt('nothing', corners=(30.1, 30.1, 30.4, 30.4)),
            prompt(corners=BOX, points=[(12, 12), (40, 40)], labels=[1, 0]),
        ],
        2,
    )
    assert (answer.success, answer.message) == (True, '')
    assert (answer.header.stamp.sec, answer.header.frame_id) == (2, 'camera')
    found = answer.detections.detections
    assert [one.id for one in found] == ['ball', 'nothing', '3']
    assert [one.results[0].hypothesis.class_id for one in found] == ['toy', '', '']
    # The masks of a click mean several things; 0.9 is the best of these.
    light = 120 / 255 * 0.75
    scores = [one.results[0].hypothesis.score for one in found]
    np.testing.assert_allclose(scores, [0.9 * light, light, light], atol=1e-3)
    np.testing.assert_allclose(corners_of(found[0]), (32, 22, 48, 38), atol=1)
    assert corners_of(found[1]) == (0, 0, 0, 0)
    assert len(answer.stabilities) == 3
    assert 0 < answer.stabilities[0] < 1
    assert answer.scores == []
    assert [one.encoding for one in answer.masks] == ['mono8'] * 3
    mask = mask_of(answer.masks[0])
    assert mask.shape == SIZE
    assert set(np.unique(mask)) == {0, 255}
    assert mask[30, 40] == 255
    assert not mask_of(answer.masks[1]).any()


def test_scores_given_back_refine_the_object(node: Any, asker: Asker) -> None:
    first = asker.ask([prompt('a', corners=BOX)], 1, want_scores=True)
    (coarse,) = first.scores
    earlier = scores_in(coarse)
    assert earlier.shape == (16, 16)
    again = asker.ask([prompt('a', corners=BOX, mask=coarse)], 1, want_scores=True)
    # The network adds what it gets.
    np.testing.assert_allclose(scores_in(again.scores[0]), 2 * earlier, rtol=1e-5)
    assert node.facts()['images encoded'] == '1'


def test_a_drawn_mask_counts_where_it_lies(node: Any, asker: Asker) -> None:
    drawn = np.zeros(SIZE, np.uint8)
    drawn[32:48, 40:64] = 255
    mask = Image(height=SIZE[0], width=SIZE[1], encoding='mono8', step=SIZE[1])
    mask.data = drawn.tobytes()
    plain = asker.ask([prompt(corners=BOX)], 1, want_scores=True)
    answer = asker.ask([prompt(corners=BOX, mask=mask)], 1, want_scores=True)
    added = scores_in(answer.scores[0]) - scores_in(plain.scores[0])
    # Cells are 4 pixels wide; the canvas below the image is beside the object.
    expected = np.full((16, 16), -10.0)
    expected[8:12, 10:16] = 10.0
    np.testing.assert_allclose(added, expected, atol=1e-4)


def test_no_prompts_are_an_empty_answer(node: Any, asker: Asker) -> None:
    answer = asker.ask([], 1)
    assert answer.success
    assert answer.header.stamp.sec == 1
    assert (answer.detections.detections, answer.masks) == ([], [])


def test_without_a_stamp_the_newest_image_is_meant(node: Any, asker: Asker) -> None:
    assert asker.ask([prompt(corners=BOX)]).header.stamp.sec == 3


def test_many_answers_of_one_image_encode_it_once(node: Any, asker: Asker) -> None:
    for _ in range(4):
        assert asker.ask([prompt(points=[(5, 5)])], 2).success
    assert node.facts()['images encoded'] == '1'
    assert node.facts()['prompts answered'] == '4'


def broken(size: tuple[int, int], encoding: str, data: bytes) -> Image:
    """Make a mask that no network takes."""
    made = Image(height=size[0], width=size[1], encoding=encoding, step=len(data) // size[0])
    made.data = data
    return made


@pytest.mark.parametrize(
    ('bad', 'said'),
    [
        ({'points': [(64, 5)]}, r"point (64, 5) of object 'bad' lies outside"),
        ({'points': [(1, 5)], 'labels': [1, 0]}, 'for 1 points'),
        ({'labels': [1]}, 'for 0 points'),
        ({}, "object 'bad' has no point, no box and no mask"),
        ({'corners': (60, 40, 70, 30)}, 'x1 < x2 and y1 < y2'),
        ({'corners': (float('nan'), 0, 3, 3)}, 'NaN'),
        ({'mask': broken((4, 4), 'rgb8', bytes(48))}, "mask of object 'bad' is rgb8 of 4x4"),
        ({'mask': broken((4, 4), 'mono8', bytes(16))}, "mono8 of the image's size, 64x48"),
        ({'mask': broken((4, 4), 'mono8', bytes(3))}, "mask of object 'bad': "),
        ({'mask': broken((16, 16), '32FC1', np.full(256, np.inf, 'f4').tobytes())}, 'infinite'),
    ],
)
def test_a_bad_prompt_is_named_and_the_request_refused_as_a_whole(
    node: Any, asker: Asker, bad: dict[str, Any], said: str
) -> None:
    answer = asker.ask([prompt('good', corners=BOX), prompt('bad', **bad)], 1)
    assert not answer.success
    assert said in answer.message
    assert (answer.detections.detections, answer.masks) == ([], [])
    assert asker.ask([prompt('good', corners=BOX)], 1).success


@pytest.mark.parametrize('node', [{'prompt_timeout_ms': 100.0}], indirect=True)
@pytest.mark.parametrize(
    ('stamp', 'away'), [(1.25, 'the nearest is 250 ms away'), (8, 'the nearest is 5000 ms away')]
)
def test_an_image_that_is_not_here_is_told_with_the_nearest(
    node: Any, asker: Asker, stamp: float, away: str
) -> None:
    answer = asker.ask([prompt(corners=BOX)], stamp)
    assert not answer.success
    assert answer.message == f'no image within 20 ms of {stamp:.3f}; {away}'


def test_without_any_image_the_service_says_so(compose: Callable[..., Any], asker: Asker) -> None:
    compose('segment_anything', {'segment_anything': {'prompt_timeout_ms': 100.0}},
            model=asker.model)  # fmt: skip
    answer = asker.ask([prompt(corners=BOX)])
    assert (answer.success, answer.message.endswith('no image has come')) == (False, True)


def test_a_request_may_come_before_its_image(node: Any, asker: Asker) -> None:
    answer = asker.begin([prompt(corners=BOX)], 4)
    asker.until(lambda: node.facts()['prompts that wait'] == '1', 'a request that waits')
    asker.images.publish(grey(4))
    asker.until(answer.done, 'an answer')
    assert answer.result().header.stamp.sec == 4


def refused_with_new_classes(asker: Asker, count: int) -> None:
    """Ask with classes that nobody knows, and a prompt that is wrong."""
    good = [prompt(corners=BOX, class_id=f'of {number}') for number in range(count)]
    assert not asker.ask([*good, prompt('bad')], 1).success


def test_a_refused_request_leaves_no_classes_behind(node: Any, asker: Asker) -> None:
    refused_with_new_classes(asker, 3)
    answer = asker.ask([prompt(corners=BOX, class_id='cup')], 1)
    assert answer.detections.detections[0].results[0].hypothesis.class_id == 'cup'
    assert node._answers.classes.names == ('cup',)
