"""Depth images, which are sent on under the encoding that readers of depth know."""

from __future__ import annotations

from typing import Final

from sensor_msgs.msg import Image
from std_msgs.msg import Header

from .conversions import image_to_message
from .wire import Wire
from ..image_messages import image_from_message
from ..images import RawImage


def _to_message(header: Header, image: RawImage) -> Image:
    message = image_to_message(header, image)
    if message.encoding == 'mono16':
        message.encoding = '16UC1'
    return message


DEPTH: Final[Wire[RawImage]] = Wire(Image, _to_message, image_from_message)
