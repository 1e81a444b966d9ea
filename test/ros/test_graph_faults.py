"""What the U-Net graph makes of bad images and of images without a partner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isaac_seg_py.ros.composition import Composition
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from watched_graph import array, Camera, classes, message, picture, QOS

pytestmark = pytest.mark.ros


def _broken(kind: str) -> Image:
    made = message(picture(), 1)
    if kind == 'truncated':
        made.data = made.data[:-5]
    elif kind == 'oversized':
        made.data = bytes(made.data) * 2
    elif kind == 'step':
        made.step = 10
    elif kind == 'encoding':
        made.encoding = 'rgb9'
    elif kind == 'zero':
        made.height = 0
    elif kind == 'huge':
        made.height = made.width = 65535
    elif kind == 'nan':
        made = message(np.full((12, 16), np.nan, np.float32), 1, '32FC1')
    return made


@pytest.mark.parametrize(
    ('kind', 'said'),
    [
        ('truncated', 'data has 571 bytes; 16x12 rgb8 with step 48 needs 576'),
        ('oversized', 'data has 1152 bytes'),
        ('step', 'step is 10 bytes'),
        ('encoding', "encoding 'rgb9' came; expected one of rgb8"),
        ('zero', 'the image is 16x0'),
        ('huge', 'needs 196605 or more'),
        ('nan', 'NaN'),
    ],
)
def test_a_bad_image_is_told_and_counted_and_the_next_one_passes(
    start: Callable[..., Composition], camera: Camera, capfd: Any, kind: str, said: str
) -> None:
    graph = start(overlay='false')
    encoder = graph['dnn_image_encoder_node']
    camera.images.publish(_broken(kind))
    camera.until(lambda: encoder.stats.summary().lost == 1, 'counting')
    camera.images.publish(message(picture(), 2))
    camera.until(lambda: camera.masks, 'the good mask')
    assert camera.masks[0].header.stamp.sec == 2
    np.testing.assert_array_equal(array(camera.masks[0]), classes())
    # A frame counts as done a little after it was handed on.
    camera.until(lambda: encoder.stats.summary().done, 'a frame that is done')
    summary = encoder.stats.summary()
    assert (summary.received, summary.done, summary.dropped) == (2, 1, {'ImageError': 1})
    captured = capfd.readouterr()
    lines = [
        line for line in (captured.out + captured.err).splitlines() if 'frame dropped' in line
    ]
    assert len(lines) == 1
    assert said in lines[0]


def test_camera_info_is_awaited_when_asked_for(
    start: Callable[..., Composition], camera: Camera
) -> None:
    infos = camera.node.create_publisher(CameraInfo, 'camera_info', QOS)
    graph = start(overlay='false', use_camera_info='true')
    camera.until(lambda: infos.get_subscription_count() == 1, 'discovery')
    for number in (1, 2):
        camera.images.publish(message(picture(), number))
    info = CameraInfo(height=12, width=16)
    info.header.stamp.sec, info.header.stamp.nanosec = 2, 7
    infos.publish(info)
    camera.until(lambda: camera.masks, 'the mask of the pair')
    assert [m.header.stamp.sec for m in camera.masks] == [2]
    dropped = graph['dnn_image_encoder_node'].stats.summary().dropped
    assert dropped == {'no partner of its stamp': 1}
