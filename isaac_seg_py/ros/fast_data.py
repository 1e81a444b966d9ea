"""
Fill the `data` field of a message fast.

The generated setter of a uint8[] field copies twice, or checks byte by byte; the C code that puts
the message on the wire takes any buffer. So the buffer is put behind the setter's back, after
trying once that this installation's C code does take it.
"""

from __future__ import annotations

import array
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image


def set_data(message: Any, values: npt.NDArray[Any]) -> None:
    """Set `message.data` to the bytes of an array, which must not change until it is published."""
    if _buffers_work():
        message._data = np.ascontiguousarray(values)
    else:
        message.data = array.array('B', values.tobytes())


@cache
def _buffers_work() -> bool:
    sample = np.arange(48, dtype=np.uint16).reshape(4, 12)
    direct, plain = Image(), Image()
    plain.data = array.array('B', sample.tobytes())
    try:
        direct._data = sample
        return bytes(serialize_message(direct)) == bytes(serialize_message(plain))
    except Exception:  # Whatever this installation raises, the slow way is right.
        return False
