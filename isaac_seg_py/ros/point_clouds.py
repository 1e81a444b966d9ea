"""Labelled points as messages."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from .fast_data import set_data
from .wire import only_sent, Wire
from ..spatial import CLOUD

_WHOLE: Final = PointField.UINT32
# Colours travel in the bits of a float, as viewers and PCL expect them.
_TYPES: Final = dict.fromkeys(('x', 'y', 'z', 'rgb'), PointField.FLOAT32)


def _to_message(header: Header, cloud: npt.NDArray[Any]) -> PointCloud2:
    # Every value of a point has four bytes.
    fields = [
        PointField(name=name, offset=4 * place, count=1, datatype=_TYPES.get(name, _WHOLE))
        for place, name in enumerate(CLOUD.names or ())
    ]
    message = PointCloud2(header=header, height=1, width=len(cloud), fields=fields)
    message.point_step, message.row_step = CLOUD.itemsize, cloud.nbytes
    message.is_dense = True
    set_data(message, cloud.view(np.uint8))
    return message


POINTS: Final[Wire[npt.NDArray[Any]]] = only_sent(PointCloud2, _to_message)
