"""Graphs that are measured: composed, over the middleware, and in processes of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import os
import subprocess
import time
from typing import Any, Final

import numpy as np
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from .background import Background
from .composition import Composition
from .conversions import IMAGE, image_to_message
from .packet import Packet
from .stage_node import StageNode
from ..benchmark import Monitor, Subject
from ..errors import BackendError
from ..graphs.graph import NodeSpec
from ..images import RawImage

_START_S: Final = 60.0
# Room for what a graph works on; more would only be a backlog.
_QOS: Final = QoSProfile(depth=10)


class Player(StageNode):
    """Plays one image from memory and watches for results, by the exchange or the middleware."""

    default_name = 'player'

    def __init__(self, image: RawImage, topics: tuple[str, str], **options: Any) -> None:
        """Take the image, and the topics of images and results."""
        self._image = image
        self._topics = topics
        self.monitor = Monitor()
        super().__init__(**options)

    def start(self) -> None:
        """Publish and subscribe."""
        image_topic, result_topic = self._topics
        self._message = image_to_message(Header(frame_id='camera'), self._image)
        if self._use_exchange:
            self._publisher = self.publish_to(IMAGE, image_topic, _QOS)
            self.subscribe(IMAGE, result_topic, _QOS, self._hear, depth=_QOS.depth)
        else:
            self._plain = self.create_publisher(Image, image_topic, _QOS)
            self.create_subscription(Image, result_topic, self._hear_message, _QOS)

    def play(self, stamp_ns: int) -> None:
        """Publish the image with a stamp."""
        header = Header(frame_id='camera')
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 10**9)
        if self._use_exchange:
            self._publisher.publish(Packet(header, self._image))
        else:
            self._message.header = header
            self._plain.publish(self._message)

    @property
    def is_connected(self) -> bool:
        """Say whether somebody takes the images and somebody gives results."""
        return not self.missing()

    def missing(self) -> str:
        """Return who is not there: who takes the images, or who gives results; '' for nobody."""
        image_topic, result_topic = map(self.resolve_topic_name, self._topics)
        if self._use_exchange:
            heard = self._publisher.wanted
        else:
            heard = self.count_subscribers(image_topic) > 0
        if not heard:
            return f'nobody subscribes to {image_topic}'
        return '' if self.count_publishers(result_topic) else f'nobody publishes {result_topic}'

    def _hear(self, packet: Packet[RawImage]) -> None:
        seconds, nanoseconds = packet.stamp
        self.monitor.arrive(seconds * 10**9 + nanoseconds)

    def _hear_message(self, message: Image) -> None:
        # What a subscriber does first: the pixels are there as an array.
        np.frombuffer(message.data, np.uint8)
        stamp = message.header.stamp
        self.monitor.arrive(stamp.sec * 10**9 + stamp.nanosec)


class TimedGraph(Subject):
    """
    Nodes and processes that are played to.

    `specs` are composed in this process, `commands` started as processes by name. The player uses
    the exchange where `by_reference`, else every image and result goes over the middleware.
    """

    def __init__(
        self,
        image: RawImage,
        topics: tuple[str, str],
        *,
        specs: Iterable[NodeSpec] = (),
        commands: Mapping[str, list[str]] | None = None,
        namespace: str = '',
        by_reference: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start everything and wait until all are connected."""
        # Nothing here is meant for the robot that may be on the network.
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        self.copies = 'none' if by_reference else 'messages in and out'
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._graph: Composition | None = None
        self._ros = Background()
        try:
            for name, command in (commands or {}).items():
                self._children[name] = subprocess.Popen(
                    command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL
                )
            specs = list(specs)
            if specs:
                self._graph = Composition(
                    specs, self._ros.executor, context=self._ros.context, namespace=namespace
                )
            self._player = Player(
                image, topics, context=self._ros.context, namespace=namespace or None,
                use_exchange=by_reference,
            )  # fmt: skip
            self.monitor = self._player.monitor
            self._ros.add(self._player)
            own = {} if self._children else {'isaac-seg': os.getpid()}
            self.processes = own | {name: one.pid for name, one in self._children.items()}
            self._wait()
        except BaseException:
            self.close()
            raise

    def send(self, stamp_ns: int) -> None:
        """Publish the image."""
        self._player.play(stamp_ns)

    def close(self) -> None:
        """End the processes and give back the nodes; closing twice is harmless."""
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children = {}
        if self._graph is not None:
            self._graph.close()
            self._graph = None
        self._ros.close()

    def _wait(self) -> None:
        end = time.monotonic() + _START_S
        while missing := self._player.missing():
            for name, child in self._children.items():
                if child.poll() is not None:
                    raise BackendError(
                        f'the process {name} ended with {child.returncode} before any image came; '
                        'see what it said above'
                    )
            if time.monotonic() > end:
                raise BackendError(
                    f'the graph did not connect within {_START_S:g} s: {missing}. Look for errors '
                    'above, and whether ROS_DOMAIN_ID and the discovery range are those of all'
                )
            time.sleep(0.02)
