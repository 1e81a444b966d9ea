"""What is said of frames, and below the nodes by Python's logging, is said by the right node."""

from __future__ import annotations

from collections.abc import Callable
import logging
import os
from pathlib import Path
from typing import Any

from family_networks import by_channel
from isaac_seg_py.errors import InputError
from isaac_seg_py.ros.nodes.dnn_image_encoder import DnnImageEncoderNode
from isaac_seg_py.ros.stage_node import StageNode
import pytest
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from watched_graph import Camera, message, picture

pytestmark = pytest.mark.ros
ROSOUT = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Worker(StageNode):
    """Does what it is told to."""

    default_name = 'worker'

    def start(self) -> None:
        logging.getLogger('isaac_seg_py.below').warning('said at the start')


def test_a_warning_of_a_decoder_is_said_by_its_node_on_rosout(
    start: Callable[..., Any], camera: Camera
) -> None:
    heard: list[Log] = []
    camera.node.create_subscription(Log, '/rosout', heard.append, ROSOUT)
    start({'unet_decoder_node': {'class_names': ['sky']}}, overlay='false')
    camera.images.publish(message(picture(), 1))
    camera.until(lambda: any('1 class names came' in one.msg for one in heard), 'the warning', 30)
    (said,) = [one for one in heard if '1 class names came' in one.msg]
    assert said.name == 'unet_decoder_node'
    # Log.WARN is a number or a byte, by distribution.
    assert said.level == 30


def test_the_encoder_says_what_it_assumes_of_a_network_without_a_manifest(
    ros: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {'model': str(by_channel(tmp_path / 'net.onnx')), 'fit': 'stretch'}
    ros.add(
        DnnImageEncoderNode(
            context=ros.context,
            parameter_overrides=[Parameter(name, value=value) for name, value in given.items()],
        )
    )
    said = capfd.readouterr().err
    assert '[dnn_image_encoder_node]: net.onnx does not say how its images are prepared' in said
    assert 'image_stddev=[0.5, 0.5, 0.5], color_order=rgb. If' in said


def test_each_line_is_said_by_the_node_that_works_and_by_none_where_none_does(
    ros: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    below = logging.getLogger('isaac_seg_py.below')
    first = Worker(context=ros.context, node_name='first')
    second = Worker(context=ros.context, node_name='second')
    ros.add(first)
    ros.add(second)
    first.survive(lambda: below.warning('a warning of %s', 'the first'))
    # One works within the work of the other.
    first.survive(lambda: second.survive(lambda: below.error('an error of the second')))
    first.survive(lambda: below.info('no news'))
    below.warning('of nobody')
    said = capfd.readouterr().err
    for line in (
        '[first]: said at the start', '[second]: said at the start',
        '[first]: a warning of the first', '[second]: an error of the second',
    ):  # fmt: skip
        assert said.count(line) == 1
    assert 'no news' not in said
    assert 'of nobody' not in said


def test_a_line_that_is_hard_to_say_costs_no_frame(
    ros: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest and its workers hear what is logged, too, and cannot say it either.
    monkeypatch.setattr(logging.getLogger('isaac_seg_py'), 'propagate', False)
    below = logging.getLogger('isaac_seg_py.below')
    node = Worker(context=ros.context)
    ros.add(node)
    node.survive(lambda: below.warning('file %s', os.fsdecode(b'/x/\xff.onnx')))
    node.survive(lambda: below.warning('before\0behind'))
    node.survive(lambda: below.warning('%d files', 'many'))
    assert node.stats.summary().dropped == {}
    said = capfd.readouterr().err
    assert r'file /x/\udcff.onnx' in said
    assert r'before\x00behind' in said


def test_faults_of_all_kinds_are_told_and_the_node_works_on(
    ros: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    node = Worker(context=ros.context)
    ros.add(node)

    def fail(error: Exception) -> None:
        raise error

    for error in (InputError('wide'), OSError('gone'), InputError('high'), ValueError('odd')):
        node.survive(lambda error=error: fail(error))
    assert node.stats.summary().dropped == {'InputError': 2, 'OSError': 1, 'ValueError': 1}
    said = capfd.readouterr().err
    for severity, words in [
        ('WARN', 'wide'),
        ('ERROR', 'OSError: gone'),
        ('WARN', 'high'),
        ('ERROR', 'ValueError: odd'),
    ]:
        (line,) = [line for line in said.splitlines() if f'frame dropped: {words}' in line]
        assert f'[{severity}]' in line
