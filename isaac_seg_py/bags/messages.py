"""Messages of a bag as values, and back, without ROS."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from rosbags.serde import SerdeError
from rosbags.typesys import get_typestore, Stores

from .records import BagMessage, HASH_NOTE, Topic
from ..encode.compressed import decode_compressed
from ..errors import ImageError
from ..image_messages import image_fields, image_from_message
from ..images import RawImage

IMAGE: Final = 'sensor_msgs/msg/Image'
COMPRESSED: Final = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO: Final = 'sensor_msgs/msg/CameraInfo'
# Distances in place of brightness.
_DEPTHS: Final = ('16UC1', '32FC1')


class Messages:
    """Reads and writes the messages that ROS 2 itself brings."""

    def __init__(self) -> None:
        """Learn the types, which are the same in every distribution for what is used here."""
        self._types: Any = get_typestore(Stores.ROS2_JAZZY)

    def knows(self, topic: Topic) -> bool:
        """Say whether the type of a topic is one that ROS 2 itself brings."""
        return topic.type in self._types.types

    def topic(self, name: str, kind: str, qos: tuple[tuple[str, str], ...] = ()) -> Topic:
        """Return a topic of a type with the type's text and hash."""
        text = self._types.generate_msgdef(kind, ros_version=2)[0]
        notes = (*qos, (HASH_NOTE, self._types.hash_rihs01(kind)))
        return Topic(name, kind, 'cdr', text.encode(), 'ros2msg', notes)

    def read(self, message: BagMessage) -> Any:
        """Return a message as an object with its fields; raise ImageError where it is damaged."""
        try:
            return self._types.deserialize_cdr(message.data, message.topic.type)
        except (SerdeError, UnicodeDecodeError) as error:
            raise ImageError(f'the message is damaged: {error}; record it again') from error

    def read_image(self, message: BagMessage) -> tuple[Any, RawImage | None]:
        """Return the header and the pixels of an image, None for an image of depths."""
        read = self.read(message)
        if message.topic.type == COMPRESSED:
            if 'compressedDepth' in read.format:
                return read.header, None
            return read.header, decode_compressed(read.data, read.format)
        if read.encoding in _DEPTHS:
            return read.header, None
        return read.header, image_from_message(read)

    def header(self, time: int, frame_id: str) -> Any:
        """Return a header of a time in nanoseconds."""
        types = self._types.types
        stamp = types['builtin_interfaces/msg/Time'](*divmod(time, 10**9))
        return types['std_msgs/msg/Header'](stamp, frame_id)

    def write_image(self, header: Any, image: RawImage) -> memoryview:
        """Return the bytes of an Image message."""
        data = np.ascontiguousarray(image.data).view(np.uint8).reshape(-1)
        return self.write(IMAGE, header=header, data=data, **image_fields(image))

    def write(self, kind: str, **fields: Any) -> memoryview:
        """Return the bytes of a message of these fields."""
        message = self._types.types[kind](**fields)
        written: memoryview = self._types.serialize_cdr(message, kind)
        return written

    def make(self, kind: str, **fields: Any) -> Any:
        """Return a message, to be a field of another one."""
        return self._types.types[kind](**fields)
