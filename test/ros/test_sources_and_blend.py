"""The nodes that publish pictures, the one that blends them, and the demo that uses all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
import re
from typing import Any

import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import find_graph, NodeSpec
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.ros.picture_source import SourceConfig
from isaac_seg_py.scenes import stream_video
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image

pytestmark = pytest.mark.ros
QOS = QoSProfile(depth=50)
SCENE = {'source': 'scene'}
Until = Callable[..., None]


class Listener:
    """Hears topics with plain rclpy, from a context of its own."""

    def __init__(self, node: Node, **topics: type) -> None:
        """Subscribe."""
        self.node = node
        self.heard: dict[str, list[Any]] = {topic: [] for topic in topics}
        for topic, kind in topics.items():
            node.create_subscription(kind, topic, self.heard[topic].append, QOS)


def pixels(message: Image) -> np.ndarray:
    """Read a picture."""
    channels = 1 if message.encoding == 'mono8' else 3
    array = np.frombuffer(message.data, np.uint8)
    return array.reshape(message.height, message.width, channels).squeeze()


@pytest.fixture
def outside() -> Any:
    """Give a node that spins in another context."""
    with Background() as background:
        node = Node('outside', context=background.context)
        background.add(node)
        yield node


def test_the_scene_is_published_with_its_truth_and_camera(
    ros: Background, outside: Node, until: Until
) -> None:
    listener = Listener(outside, image=Image, camera_info=CameraInfo, ground_truth=Image)
    told = {'seed': 11, 'objects': 2, 'width': 96, 'height': 64, 'rate': 20.0, 'frame_id': 'eye'}
    spec = NodeSpec('ScenePublisherNode', 'scene', told)
    with Composition([spec], ros.executor, context=ros.context):
        until(lambda: all(len(heard) >= 3 for heard in listener.heard.values()))
    # The first of them were shown before anybody was there.
    video = islice(stream_video(11, (64, 96), 2), 1000)
    by_stamp = {m.header.stamp.nanosec: m for m in listener.heard['ground_truth']}
    for image in listener.heard['image']:
        shown = next((one for one in video if np.array_equal(one.image, pixels(image))), None)
        assert shown is not None, 'the picture is not of the video'
        truth = by_stamp.get(image.header.stamp.nanosec)
        if truth is not None:
            np.testing.assert_array_equal(pixels(truth), shown.labels)
        assert image.header.frame_id == 'eye'
    info = listener.heard['camera_info'][0]
    assert (info.height, info.width, info.header.frame_id) == (64, 96, 'eye')
    assert info.k[2] == 48


def test_files_are_published_in_order_and_again(
    ros: Background, outside: Node, until: Until, tmp_path: Path
) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.full((4, 6, 3), number * 50, np.uint8))
    listener = Listener(outside, image=Image)
    told = {'source': str(tmp_path), 'rate': 50.0}
    spec = NodeSpec('ImagePublisherNode', 'files', told)
    with Composition([spec], ros.executor, context=ros.context):
        until(lambda: len(listener.heard['image']) >= 7)
    values = [int(pixels(m)[0, 0, 0]) for m in listener.heard['image']]
    start = values.index(0)
    assert values[start : start + 4] == [0, 50, 100, 0]


def test_a_video_that_was_cut_short_is_told_once(
    ros: Background, outside: Node, until: Until, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / 'long.avi'
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for _ in range(30):
        writer.write(noise)
    writer.release()
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    listener = Listener(outside, image=Image)
    spec = NodeSpec('ImagePublisherNode', 'files', {'source': str(film), 'rate': 100.0})
    with Composition([spec], ros.executor, context=ros.context):
        # More than twice around.
        until(lambda: len(listener.heard['image']) > 60)
    told = [line for line in capfd.readouterr().err.splitlines() if 'of 30 frames' in line]
    assert len(told) == 1
    assert f'video {str(film)!r} ended after' in told[0]


def test_a_video_is_published_at_its_own_rate_and_once_where_that_is_asked(
    ros: Background, until: Until, tmp_path: Path
) -> None:
    film = tmp_path / 'short.avi'
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*'MJPG'), 40, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    given = [{'source': str(film), 'loop': 'false'}, {'source': str(film), 'rate': '100'}, SCENE]
    specs = [
        replace(find_graph('unet').nodes(one)[0], name=name)
        for one, name in zip(given, ('once', 'told', 'scene'), strict=True)
    ]
    with Composition(specs, ros.executor, context=ros.context) as graph:
        clocks = [graph[spec.name]._clock_timer for spec in specs]
        assert [one.timer_period_ns for one in clocks] == [25_000_000, 10_000_000, 66_666_666]
        until(clocks[0].is_canceled)
        assert graph['once'].stats.summary().done == 3
        assert not clocks[1].is_canceled()


def test_a_rate_that_is_all_but_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'rate is 0\.001; 0\.01 or more is expected, or 0 for'):
        SourceConfig(rate=0.001)


def test_a_source_ends_after_its_count(ros: Background, until: Until) -> None:
    told = {'count': 4, 'rate': 100.0, 'width': 64, 'height': 64}
    spec = NodeSpec('ScenePublisherNode', 'scene', told)
    with Composition([spec], ros.executor, context=ros.context) as graph:
        until(lambda: graph['scene']._clock_timer.is_canceled())
        assert graph['scene'].stats.summary().done == 4


def blend_once(
    ros: Background, outside: Node, until: Until, mask: Image, told: dict[str, Any]
) -> tuple[list[Image], Any]:
    """Send an image of value 100 and a mask; return what comes of it."""
    listener = Listener(outside, blended_image=Image)
    images = outside.create_publisher(Image, 'image_input', QOS)
    masks = outside.create_publisher(Image, 'mask_input', QOS)
    # Reliable: a message sent right after discovery is not lost.
    reliable = {'image_qos': 'DEFAULT', 'mask_qos': 'DEFAULT'}
    spec = NodeSpec('AlphaBlendNode', 'blend', {**reliable, **told})
    with Composition([spec], ros.executor, context=ros.context) as graph:
        until(lambda: images.get_subscription_count() == masks.get_subscription_count() == 1)
        until(lambda: graph['blend']._blended.wanted)
        image = Image(height=2, width=2, encoding='bgr8', step=6, data=bytes([100] * 12))
        image.header.frame_id = 'eye'
        masks.publish(mask)
        images.publish(image)
        stats = graph['blend'].stats
        until(lambda: listener.heard['blended_image'] or stats.summary().lost)
        return listener.heard['blended_image'], stats.summary()


def test_a_mask_is_laid_over_the_image(ros: Background, outside: Node, until: Until) -> None:
    mask = Image(height=2, width=2, encoding='rgb8', step=6, data=bytes([200, 0, 40] * 4))
    mask.header.frame_id = 'eye'
    found, _ = blend_once(ros, outside, until, mask, {'alpha': 0.75})
    assert found[0].encoding == 'bgr8'
    assert pixels(found[0])[0, 0].tolist() == [85, 75, 125]
    assert found[0].header.frame_id == 'eye'


def test_wide_masks_are_laid_over_too(ros: Background, outside: Node, until: Until) -> None:
    mask = Image(height=2, width=2, encoding='mono16', step=4, data=b'\xff\xff\x00\x80' * 2)
    found, _ = blend_once(ros, outside, until, mask, {'alpha': 0.5})
    assert pixels(found[0])[0, :, 0].tolist() == [178, 114]


def test_the_transparent_colour_leaves_the_image(
    ros: Background, outside: Node, until: Until
) -> None:
    mask = Image(height=2, width=2, encoding='rgb8', step=6)
    mask.data = bytes([1, 2, 3] * 2 + [200, 200, 200] * 2)
    told = {'alpha': 0.5, 'transparent_color': 0x010203}
    found, _ = blend_once(ros, outside, until, mask, told)
    assert pixels(found[0])[:, 0].tolist() == [[100] * 3, [150] * 3]


def test_sizes_that_differ_are_told(
    ros: Background, outside: Node, until: Until, capfd: pytest.CaptureFixture[str]
) -> None:
    mask = Image(height=1, width=2, encoding='mono8', step=2, data=bytes(2))
    found, summary = blend_once(ros, outside, until, mask, {})
    assert found == []
    assert summary.dropped == {'ImageError': 1}
    captured = capfd.readouterr()
    assert 'frame dropped' in captured.out + captured.err


@pytest.mark.slow
def test_the_demo_writes_its_picture_and_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['demo', '--seconds', '4', '--rate', '4', '--out', str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for stage in ('scene_publisher_node', 'tensor_rt_node', 'image stamp to mask'):
        assert stage in shown
    picture = cv2.imread(str(tmp_path / 'demo.png'))
    assert picture is not None
    assert min(picture.shape[:2]) > 700
    strip = cv2.imread(str(tmp_path / 'track.png'))
    assert strip is not None
    assert strip.shape == (480, 960, 3)
    followed = re.search(r'3 objects followed through 40 .* IoU with the truth ([\d.]+)', shown)
    assert followed is not None
    assert float(followed[1]) > 0.8
