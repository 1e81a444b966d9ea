"""A topic's latest frame is shown, frozen and marked: real rclpy on both sides."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import time
from typing import Any

from annotate_process import AnnotateProcess
import cv2
import numpy as np
from page_client import PageClient
import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')
TOPIC = '/camera/image_raw'


@pytest.fixture
def camera() -> Iterator[Any]:
    """Give a function that publishes one picture of a brightness, plain or as a JPEG."""
    from isaac_seg_py.images import RawImage
    from isaac_seg_py.ros.background import Background
    from isaac_seg_py.ros.conversions import image_to_message
    from rclpy.node import Node
    from sensor_msgs.msg import CompressedImage, Image
    from std_msgs.msg import Header

    with Background() as ros:
        node = Node('camera', context=ros.context)
        ros.add(node)
        plain = node.create_publisher(Image, TOPIC, 1)
        packed = node.create_publisher(CompressedImage, f'{TOPIC}/compressed', 1)

        def publish(light: int, compressed: bool = False) -> None:
            picture = np.full((48, 64, 3), light, np.uint8)
            header = Header(stamp=node.get_clock().now().to_msg(), frame_id='camera')
            if compressed:
                data = cv2.imencode('.jpg', picture)[1].tobytes()
                packed.publish(CompressedImage(header=header, format='jpeg', data=data))
            else:
                plain.publish(image_to_message(header, RawImage.from_array(picture, 'rgb8')))

        yield publish


def brightness(client: PageClient) -> float:
    """Return that of the frame that the page shows, -1 where there is none yet."""
    status, _, body = client.send('GET', '/api/live')
    if status != 200:
        assert status == 503 and b'no image has come' in body
        return -1
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return float(picture.mean())


@pytest.mark.ros
@pytest.mark.parametrize('compressed', [False, True])
def test_the_latest_frame_is_frozen_and_marked(
    camera: Any, model: str, tmp_path: Path, compressed: bool
) -> None:
    topic = f'{TOPIC}/compressed' if compressed else TOPIC
    with AnnotateProcess('--topic', topic, '--model', model, folder=tmp_path) as verb:
        client = PageClient(verb.address)
        assert client.get('/api/session')['live'] is True
        assert brightness(client) == -1
        assert client.try_post('/api/freeze')[0] == 503
        for light in (40, 200):
            end = time.monotonic() + 30
            while abs(brightness(client) - light) > 2:
                assert time.monotonic() < end, f'the frame of {light} did not come'
                camera(light, compressed)
        picture = client.post('/api/freeze')['picture']
        end = time.monotonic() + 30
        while abs(brightness(client) - 90) > 2:
            assert time.monotonic() < end, 'the newest frame did not come'
            camera(90, compressed)
        # What came since does not change what was frozen.
        client.keep(client.ask(picture, (30, 20, 1)))
        code, _, _ = verb.end()
    assert code == 0
    (image,) = json.loads((tmp_path / 'annotations.json').read_text())['images']
    assert image['file_name'].startswith('annotations_frames/camera_image_raw_')
    frame = cv2.imread(str(tmp_path / image['file_name']))
    assert frame is not None and frame.mean() == pytest.approx(200, abs=2)
