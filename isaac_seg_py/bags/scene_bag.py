"""Scenes as a recording: image, camera_info and the truth, as ScenePublisherNode sends them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .messages import CAMERA_INFO, IMAGE, Messages
from .records import BagMessage, BagWriter
from ..images import RawImage
from ..scenes import Scene
from ..scenes.camera import camera_fields

# A fixed day, so that the same scenes make the same bytes.
_START: Final = 1_750_000_000_000_000_000


class SceneBag:
    """Puts one scene after the other into a bag."""

    def __init__(self, writer: BagWriter, rate: float = 15.0, frame_id: str = 'camera') -> None:
        """Take the bag, which stays the caller's to close."""
        self._writer = writer
        self._messages = Messages()
        self._step = round(1e9 / rate)
        self._frame_id = frame_id
        self._number = 0
        self._image = self._messages.topic('/image', IMAGE)
        self._info = self._messages.topic('/camera_info', CAMERA_INFO)
        self._truth = self._messages.topic('/ground_truth', IMAGE)

    def write(self, scene: Scene) -> None:
        """Add a scene."""
        time = _START + self._number * self._step
        header = self._messages.header(time, self._frame_id)
        labels = RawImage.from_array(scene.labels, 'mono8')
        image = RawImage.from_array(scene.image, 'rgb8')
        size = scene.labels.shape[0], scene.labels.shape[1]
        for topic, data in (
            (self._info, camera_info(self._messages, header, size)),
            (self._truth, self._messages.write_image(header, labels)),
            (self._image, self._messages.write_image(header, image)),
        ):
            self._writer.write(BagMessage(topic, time, time, data, self._number))
        self._number += 1


def camera_info(messages: Messages, header: Any, size: tuple[int, int]) -> memoryview:
    """Return the bytes of the camera_info of the scenes' camera."""
    roi = messages.make(
        'sensor_msgs/msg/RegionOfInterest',
        x_offset=0, y_offset=0, height=0, width=0, do_rectify=False,
    )  # fmt: skip
    fields = {
        name: np.array(value) if isinstance(value, list) else value
        for name, value in camera_fields(size).items()
    }
    return messages.write(CAMERA_INFO, header=header, binning_x=0, binning_y=0, roi=roi, **fields)
