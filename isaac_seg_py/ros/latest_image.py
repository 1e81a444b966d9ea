"""A node that keeps the latest image of a topic, for programs that look at it now and then."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .background import Background
from .conversions import COMPRESSED, IMAGE
from .packet import Packet
from .qos import find_qos
from .stage_node import StageNode
from ..closing import Closing
from ..encode.colors import to_bytes
from ..images import RawImage

# As image_transport calls the topics of JPEG and PNG images.
_COMPRESSED: Final = '/compressed'


class LatestImageNode(StageNode):
    """Keeps the latest image of one topic."""

    default_name = 'latest_image'

    def __init__(self, topic: str, **options: Any) -> None:
        """Listen to a topic."""
        self._topic = topic
        self.latest: Packet[RawImage] | None = None
        super().__init__(**options)

    def start(self) -> None:
        """Subscribe."""
        wire = COMPRESSED if self._topic.endswith(_COMPRESSED) else IMAGE
        self.subscribe(wire, self._topic, find_qos('AUTO'), self._keep, depth=1)

    def _keep(self, packet: Packet[RawImage]) -> None:
        self.latest = packet


class LatestImage(Closing):
    """Looks at a topic from a program that is no node."""

    def __init__(self, topic: str) -> None:
        """Start to listen."""
        self._ros = Background()
        try:
            self._node = LatestImageNode(topic, context=self._ros.context)
        except BaseException:
            self._ros.close()
            raise
        self._ros.add(self._node)
        self._stem = topic.strip('/').replace('/', '_')

    def __call__(self) -> tuple[str, npt.NDArray[np.uint8]] | None:
        """Return a name for the latest image and its RGB pixels, None while none has come."""
        packet = self._node.latest
        if packet is None:
            return None
        seconds, nanoseconds = packet.stamp
        # A copy: what is handed over may be used again by who made it.
        return f'{self._stem}_{seconds}_{nanoseconds:09d}', to_bytes(packet.value, 'rgb').copy()

    def close(self) -> None:
        """Listen no more."""
        self._ros.close()
