"""Bags of two cameras and a topic of an unknown type, known by heart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

START = 1_700_000_000_000_000_000
STEP = 100_000_000
QOS = """- history: 1
  depth: 5
  reliability: 2
  durability: 2
  deadline: {sec: 0, nsec: 0}
  lifespan: {sec: 0, nsec: 0}
  liveliness: 1
  liveliness_lease_duration: {sec: 0, nsec: 0}
  avoid_ros_namespace_conventions: false"""


def picture(number: int) -> np.ndarray:
    """Return an RGB picture: red, with a blue square that moves down."""
    image = np.zeros((12, 16, 3), np.uint8)
    image[..., 0] = 200
    image[number : number + 4, 4:8] = (0, 0, 200)
    return image


def truth(number: int) -> np.ndarray:
    """Return the classes that `tiny_models.brightest_channel` finds in it."""
    labels = np.zeros((12, 16), np.uint8)
    labels[number : number + 4, 4:8] = 2
    return labels


def write_bag(path: Path, storage: str = 'mcap', frames: int = 5, **more: Any) -> Path:
    """Write a bag of 3 messages for each frame."""
    import cv2
    from isaac_seg_py.bags.messages import COMPRESSED, IMAGE, Messages
    from isaac_seg_py.bags.opening import make_bag
    from isaac_seg_py.bags.records import BagMessage, QOS_NOTE, Topic
    from isaac_seg_py.images import RawImage

    messages = Messages()
    qos = ((QOS_NOTE, QOS),)
    raw = messages.topic('/cam/image', IMAGE, qos)
    packed = messages.topic('/cam2/image/compressed', COMPRESSED)
    odd = Topic('/odd', 'odd_msgs/msg/Odd', 'cdr', b'int32 x', 'ros2msg', qos)
    with make_bag(path, storage, **more) as writer:
        for number in range(frames):
            time = START + number * STEP
            header = messages.header(time, f'camera {number}')
            image = RawImage.from_array(picture(number)[..., ::-1], 'bgr8')
            content = messages.write_image(header, image)
            writer.write(BagMessage(raw, time + 5, time + 3, content, number))
            png = cv2.imencode('.png', picture(number)[..., ::-1])[1].reshape(-1)
            content = messages.write(COMPRESSED, header=header, format='png', data=png)
            writer.write(BagMessage(packed, time + 6, time + 6, content))
            writer.write(BagMessage(odd, time + 7, time + 7, b'\0\1\0\0' + bytes([number] * 4)))
    return path


def read_bag(path: Path) -> tuple[list[Any], list[str]]:
    """Return all records of a bag, and what is wrong with it."""
    from isaac_seg_py.bags.opening import open_bag

    with open_bag(path) as reader:
        return list(reader.records()), reader.faults
