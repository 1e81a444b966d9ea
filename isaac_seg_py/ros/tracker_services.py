"""The services of a tracker, called from a thread that may wait."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from rclpy.node import Node
from std_msgs.msg import Header
from vision_msgs.msg import Point2D

from ..errors import PromptError

_LOOK_S: Final = 0.02


class TrackerServices:
    """Has a tracker follow objects; each call waits for its answer, but not long."""

    def __init__(self, node: Node, *, discovery_s: float, call_s: float) -> None:
        """Take how long a service is looked for, and how long its answer may take."""
        self._add = node.create_client(AddObjects, 'add_objects')
        self._remove = node.create_client(RemoveObject, 'remove_object')
        self._discovery_s, self._call_s = discovery_s, call_s
        self._followed: set[str] = set()
        self._closed = threading.Event()

    def follow(self, header: Header, name: str, point: tuple[float, float]) -> None:
        """Have the object followed that lies at a point of an image, in place of the last one."""
        if name in self._followed:
            # Where the tracker has forgotten it already, nothing is to be done.
            self._call(self._remove, RemoveObject.Request(request_header=header, object_id=name))
            self._followed.discard(name)
        request = AddObjects.Request(
            request_header=header,
            point_object_ids=[name],
            point_coords=[Point2D(x=point[0], y=point[1])],
            point_labels=[1],
        )
        answer = self._call(self._add, request)
        if not answer.success:
            raise PromptError(f'the tracker did not add object {name!r}: {answer.message}')
        self._followed.add(name)

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed.set()

    def _call(self, client: Any, request: Any) -> Any:
        name = client.service_name
        self._wait(
            client.service_is_ready,
            self._discovery_s,
            f'no service {name} within {self._discovery_s:g} s. Start the tracker, or remap it',
        )
        future = client.call_async(request)
        try:
            self._wait(
                future.done,
                self._call_s,
                f'service {name} gave no answer within {self._call_s:g} s; the tracker is busy '
                'or has no images',
            )
        except PromptError:
            client.remove_pending_request(future)
            raise
        return future.result()

    def _wait(self, is_done: Callable[[], bool], longest: float, otherwise: str) -> None:
        end = time.monotonic() + longest
        while not is_done():
            if time.monotonic() > end:
                raise PromptError(otherwise)
            if self._closed.wait(_LOOK_S):
                raise PromptError('the node stops')
