"""Messages written by us, read by ROS 2's own code, and the other way round."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.bags.messages import CAMERA_INFO, COMPRESSED, IMAGE, Messages
from isaac_seg_py.bags.records import BagMessage
from isaac_seg_py.errors import ImageError
from isaac_seg_py.images import RawImage
import numpy as np
import pytest


def message(messages: Messages, kind: str, data: Any) -> BagMessage:
    """Return a message of a bag."""
    return BagMessage(messages.topic('/a', kind), 0, 0, data)


@pytest.mark.ros
@pytest.mark.parametrize('encoding', ['mono8', 'mono16', 'rgb8', 'nv12', '32FC1'])
def test_rclpy_reads_the_images_that_we_write(encoding: str) -> None:
    serialization = pytest.importorskip('rclpy.serialization', reason='needs rclpy')
    from sensor_msgs.msg import Image

    pixels = {
        'mono8': np.arange(24, dtype=np.uint8).reshape(4, 6),
        'mono16': np.arange(24, dtype=np.uint16).reshape(4, 6) * 1000,
        'rgb8': np.arange(72, dtype=np.uint8).reshape(4, 6, 3),
        'nv12': np.arange(36, dtype=np.uint8).reshape(6, 6),
        '32FC1': np.arange(24, dtype=np.float32).reshape(4, 6),
    }[encoding]
    messages = Messages()
    header = messages.header(5_000_000_007, 'camera')
    written = messages.write_image(header, RawImage.from_array(pixels, encoding))
    read = serialization.deserialize_message(bytes(written), Image)
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == (5, 7)
    assert read.header.frame_id == 'camera'
    assert (read.height, read.width, read.encoding) == (4, 6, encoding)
    assert bytes(read.data) == pixels.tobytes()
    assert len(read.data) == read.step * pixels.shape[0]


@pytest.mark.ros
def test_we_read_the_images_that_rclpy_writes() -> None:
    serialization = pytest.importorskip('rclpy.serialization', reason='needs rclpy')
    from builtin_interfaces.msg import Time
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    image = Image(
        header=Header(stamp=Time(sec=3, nanosec=4), frame_id='left'),
        height=2, width=3, encoding='mono16', is_bigendian=1, step=8,
        data=np.arange(16, dtype=np.uint8).tobytes(),
    )  # fmt: skip
    messages = Messages()
    header, raw = messages.read_image(
        message(messages, IMAGE, serialization.serialize_message(image))
    )
    assert (header.stamp.sec, header.stamp.nanosec, header.frame_id) == (3, 4, 'left')
    assert raw is not None
    np.testing.assert_array_equal(raw.data, [[0x0001, 0x0203, 0x0405], [0x0809, 0x0A0B, 0x0C0D]])


@pytest.mark.ros
def test_rclpy_reads_the_camera_info_that_we_write() -> None:
    serialization = pytest.importorskip('rclpy.serialization', reason='needs rclpy')
    from isaac_seg_py.bags.scene_bag import camera_info
    from sensor_msgs.msg import CameraInfo

    messages = Messages()
    header = messages.header(1, 'camera')
    read = serialization.deserialize_message(
        bytes(camera_info(messages, header, (48, 64))), CameraInfo
    )
    assert (read.height, read.width, read.distortion_model) == (48, 64, 'plumb_bob')
    assert read.k[0] == pytest.approx(64 / 2 / np.tan(np.radians(30)))
    assert (read.k[2], read.k[5], read.p[2], read.p[6]) == (32, 24, 32, 24)
    assert messages.topic('/i', CAMERA_INFO).definition.count(b'RegionOfInterest') == 2


def test_depths_are_no_pictures() -> None:
    messages = Messages()
    header = messages.header(1, 'camera')
    depth = messages.write(
        IMAGE, header=header, height=1, width=2, encoding='16UC1', is_bigendian=0, step=4,
        data=np.zeros(4, np.uint8),
    )  # fmt: skip
    assert messages.read_image(message(messages, IMAGE, depth))[1] is None
    packed = messages.write(
        COMPRESSED, header=header, format='16UC1; compressedDepth png', data=np.zeros(4, np.uint8)
    )
    assert messages.read_image(message(messages, COMPRESSED, packed))[1] is None


@pytest.mark.parametrize('length', [0, 3, 4, 20, 40, 60])
def test_a_cut_message_is_an_image_error(length: int) -> None:
    messages = Messages()
    image = RawImage.from_array(np.zeros((4, 6), np.uint8), 'mono8')
    written = bytes(messages.write_image(messages.header(1, 'camera'), image))
    with pytest.raises(ImageError, match='the message is damaged'):
        messages.read_image(message(messages, IMAGE, written[:length]))
