"""Image messages and pixels: for any object with the fields of sensor_msgs/Image."""

from __future__ import annotations

from typing import Any

from .images import ENCODINGS, RawImage


def image_from_message(message: Any) -> RawImage:
    """View an Image message as pixels; raise ImageError where they do not fit together."""
    return RawImage.from_buffer(
        message.data,
        size=(message.height, message.width),
        encoding=message.encoding,
        step=message.step,
        is_bigendian=bool(message.is_bigendian),
    )


def image_fields(image: RawImage) -> dict[str, Any]:
    """Return the fields of an Image message of the pixels, all but `header` and `data`."""
    layout = ENCODINGS[image.encoding]
    array = image.data
    return {
        'height': image.size[0],
        'width': image.size[1],
        'encoding': image.encoding,
        'is_bigendian': int(array.dtype.byteorder == '>'),
        'step': array.shape[1] * layout.channels * layout.dtype.itemsize,
    }
