"""Which image prompts mean, and how often it is encoded."""

from __future__ import annotations

from collections.abc import Callable
import re
from typing import Any

from asked_graph import (
    Asker,
    click,
    corners_of,
    detections,
    grey,
    mask_of,
    PREFIX,
    sure_of,
)
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pytest
from rclpy.node import Node
from topic_listener import QOS, Topics

pytestmark = pytest.mark.ros
LEFT = (8, 8, 24, 24)


def test_an_image_is_encoded_once_and_only_when_it_is_asked_about(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked()
    for number in range(1, 6):
        asker.images.publish(grey(number, 40 * number))
    asker.until(lambda: node.facts()['images kept'] == '5', 'five images')
    assert node.facts()['images encoded'] == '0'
    for count, (number, encoded) in enumerate([(4, 1), (4, 1), (2, 2), (4, 2), (2, 2)], 1):
        asker.prompts.publish(detections(number, [LEFT]))
        asker.until(lambda n=count: heard.have(n), 'an answer')
        found = heard[PREFIX + 'detections'][-1]
        assert found.header.stamp.sec == number
        np.testing.assert_allclose(sure_of(found), [40 * number / 255 * 0.75], atol=1e-3)
        assert node.facts()['images encoded'] == str(encoded)


def test_only_so_many_images_and_embeddings_are_kept(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked({'history_frames': 3, 'cached_embeddings': 1})
    for number in range(1, 6):
        asker.images.publish(grey(number))
    asker.until(lambda: node.stats.summary().received == 5, 'five images')
    assert node.facts()['images kept'] == '3'
    for count, number in enumerate((4, 5, 4), 1):
        asker.prompts.publish(detections(number, [LEFT]))
        asker.until(lambda n=count: heard.have(n), 'an answer')
    assert node.facts()['images encoded'] == '3'


def test_prompts_may_come_before_their_image(
    asked: Callable[..., Any], asker: Asker, heard: Topics, until: Callable[..., None]
) -> None:
    node = asked()
    asker.images.publish(grey(1))
    asker.prompts.publish(detections(2, [LEFT]))
    until(lambda: node.facts()['prompts that wait'] == '1', 'a prompt that waits')
    # The image itself brings the answer, not the clock that looks for what is late.
    for timer in node.timers:
        timer.cancel()
    asker.images.publish(grey(2, 51))
    until(lambda: heard.have(1), 'an answer')
    assert heard[PREFIX + 'detections'][0].header.stamp.sec == 2
    np.testing.assert_allclose(sure_of(heard[PREFIX + 'detections'][0]), [0.15], atol=1e-3)


def test_the_nearest_image_within_the_tolerance_is_meant(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    asked({'prompt_tolerance_ms': 300.0})
    for number in (1, 2, 3):
        asker.images.publish(grey(number))
    asker.prompts.publish(detections(2.25, [LEFT]))
    asker.until(lambda: heard.have(1), 'an answer')
    assert heard[PREFIX + 'detections'][0].header.stamp.sec == 2


@pytest.mark.parametrize(
    ('stamp', 'said'),
    [
        (1.041, r'no image within 20 ms of 1\.041; the nearest is 41 ms away'),
        (9.0, r'no image within 20 ms of 9\.000; the nearest is 7000 ms away'),
    ],
)
def test_a_prompt_without_an_image_is_told_and_counted(
    asked: Callable[..., Any],
    asker: Asker,
    heard: Topics,
    capfd: pytest.CaptureFixture[str],
    stamp: float,
    said: str,
) -> None:
    node = asked({'prompt_timeout_ms': 100.0})
    asker.images.publish(grey(1))
    asker.images.publish(grey(2))
    asker.until(lambda: node.facts()['images kept'] == '2', 'images')
    asker.prompts.publish(detections(stamp, [LEFT]))
    lost = 'no image for a prompt'
    asker.until(lambda: node.stats.summary().dropped.get(lost) == 1, 'a count')
    assert re.search(f'prompt not answered: {said}', capfd.readouterr().err)
    assert not heard[PREFIX + 'detections']
    assert node.facts()['prompts that wait'] == '0'


@pytest.mark.parametrize('stamp', [0, 1, 77.5])
def test_a_click_means_its_image_or_else_the_newest(
    asked: Callable[..., Any], asker: Asker, heard: Topics, stamp: float
) -> None:
    node = asked()
    asker.images.publish(grey(1))
    asker.images.publish(grey(2))
    asker.until(lambda: node.facts()['images kept'] == '2', 'images')
    asker.points.publish(click(stamp, 30, 20, 'camera' if stamp else ''))
    asker.until(lambda: heard.have(1), 'an answer')
    found = heard[PREFIX + 'detections'][0]
    assert found.header.stamp.sec == (1 if stamp == 1 else 2)
    assert [one.id for one in found.detections] == ['1']
    assert found.detections[0].results[0].hypothesis.class_id == ''
    np.testing.assert_allclose(corners_of(found.detections[0]), (22, 12, 38, 28), atol=1)
    assert mask_of(heard[PREFIX + 'label_image'][0])[20, 30] == 1


def test_a_click_in_another_frame_is_refused(
    asked: Callable[..., Any], asker: Asker, heard: Topics, capfd: pytest.CaptureFixture[str]
) -> None:
    node = asked()
    asker.images.publish(grey(1))
    asker.points.publish(click(1, 30, 20, 'map'))
    asker.until(lambda: node.stats.summary().dropped.get('bad prompt') == 1, 'a count')
    assert "frame 'map' came; images are in 'camera'" in capfd.readouterr().err
    assert not heard[PREFIX + 'detections']


def test_without_listeners_nothing_is_encoded(compose: Callable[..., Any], asker: Asker) -> None:
    graph = compose('segment_anything', model=asker.model)
    node = graph['segment_anything']
    asker.connected(graph)
    for number in (1, 2):
        asker.images.publish(grey(number))
    asker.prompts.publish(detections(1, [LEFT]))
    asker.until(lambda: node.stats.summary().received == 3, 'images and prompts')
    # The service is answered after the boxes, and about another image.
    assert asker.ask([], 2).success
    assert node.facts()['images encoded'] == '1'
    assert node.facts()['prompts answered'] == '0'


def test_when_time_jumps_back_the_images_from_before_are_forgotten(
    asked: Callable[..., Any], asker: Asker, heard: Topics
) -> None:
    node = asked()
    for number in (50, 51, 3):
        asker.images.publish(grey(number))
    asker.until(lambda: node.stats.summary().received == 3, 'images')
    # It is kept a little after it was counted.
    asker.until(lambda: node.facts()['images kept'] == '1', 'only the image after the jump')
    asker.prompts.publish(detections(4, [LEFT]))
    asker.until(lambda: node.facts()['prompts that wait'] == '1', 'a prompt that waits')
    asker.images.publish(grey(4))
    asker.until(lambda: heard.have(1), 'an answer')
    assert heard[PREFIX + 'detections'][0].header.stamp.sec == 4


def test_diagnostics_tell_what_was_encoded_and_what_found_no_image(
    asked: Callable[..., Any], asker: Asker, heard: Topics, outside: Node
) -> None:
    told: list[DiagnosticStatus] = []
    outside.create_subscription(
        DiagnosticArray, '/diagnostics', lambda array: told.extend(array.status), QOS
    )
    node = asked({'prompt_timeout_ms': 50.0})
    asker.images.publish(grey(1))
    asker.until(lambda: node.facts()['images kept'] == '1', 'an image')
    asker.prompts.publish(detections(1, [LEFT]))
    asker.until(lambda: heard.have(1), 'an answer')
    asker.prompts.publish(detections(0.5, [LEFT]))

    def warned() -> bool:
        return any(
            one.level == DiagnosticStatus.WARN and 'the nearest is 500 ms away' in one.message
            for one in told
            if one.name == '/segment_anything'
        )

    asker.until(warned, 'a warning')
    values = {pair.key: pair.value for pair in told[-1].values}
    assert values['images encoded'] == '1'
    assert values['prompts answered'] == '1'
    assert values['dropped: no image for a prompt'] == '1'
