"""SegmentAnything2Node: images in; the masks of objects that were shown once out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..conversions import IMAGE
from ..follow_desk import FollowDesk
from ..follow_services import offer_services
from ..follow_topics import FollowingChoice, FollowTimes
from ..follower import Follower
from ..managed_node import ManagedNode
from ..packet import Packet
from ..prompt_classes import ClassNumbers
from ..prompt_messages import BOXES, CLICK
from ..prompt_topics import ImageTopics, ObjectLooks
from ..qos import find_qos
from ..running import run_node
from ..tracked_outputs import TrackedTopics
from ...catalog.model_folders import find_manifest
from ...families.sam2 import FollowingNetwork
from ...families.sam2_opening import open_sam2
from ...images import RawImage
from ...track.tracker import VideoTracker
from ...track_config import TrackConfig


class SegmentAnything2Node(ManagedNode):
    """Follows the objects that boxes, clicks and requests show through the images."""

    default_name = 'segment_anything2'
    config_kinds = (FollowingChoice, TrackConfig, ObjectLooks, FollowTimes, ImageTopics)
    _tracker: VideoTracker | None = None
    _network: FollowingNetwork
    _follower: Follower
    _desk: FollowDesk

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of how it follows."""
        return find_manifest(self.given('model') or FollowingChoice.model).decode

    def start(self) -> None:
        """Open the networks, subscribe to images and prompts, and offer topics and services."""
        choice, config = self.parameters[FollowingChoice], self.parameters[TrackConfig]
        topics, times = self.parameters[ImageTopics], self.parameters[FollowTimes]
        self._looks = self.parameters[ObjectLooks]
        manifest = find_manifest(choice.model)
        self._network = open_sam2(manifest, **choice.chosen(), **vars(config))
        self._tracker = VideoTracker(manifest, self._network)
        self.get_logger().info(f'{manifest.name}: {self._network.choice}')
        classes = ClassNumbers(self._looks.class_names or manifest.labels)
        self._follower = Follower(self._tracker, config, classes)
        self._desk = FollowDesk(self, times, self._follower)
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self._objects = TrackedTopics(self, self.default_name, out)
        qos, depth = find_qos(topics.input_qos, topics.input_qos_depth), times.prompt_queue_size
        self.subscribe(IMAGE, 'image', qos, self._follow, depth=times.image_queue_size)
        self.subscribe(BOXES, 'prompts', qos, self._desk.take_boxes, depth=depth)
        self.subscribe(CLICK, 'point', qos, self._desk.take_click, depth=depth)
        offer_services(self, self._desk, self._follower)

    def change(self, config: Any) -> None:
        """Take looks, times and how objects are followed anew."""
        if isinstance(config, ObjectLooks):
            self._looks = config
        elif isinstance(config, FollowTimes):
            self._desk.change(config)
        elif isinstance(config, TrackConfig) and self._tracker is not None:
            self._tracker.change(config)

    def refuse(self) -> bool:
        """Answer the requests that are open, and return whether there were any."""
        return self._tracker is not None and self._desk.refuse_all()

    def stop(self) -> None:
        """Finish the work in hand, refuse the rest, and give the networks back."""
        if self._tracker is not None:
            self._desk.close()
            self._tracker.close()
            self._tracker = None

    def facts(self) -> Mapping[str, str]:
        """Tell what runs the networks, and what is followed."""
        if self._tracker is None:
            return {}
        return {
            'backend': self._network.choice,
            'images encoded': str(self._network.images_encoded),
            'objects followed': str(len(self._follower)),
            'prompts that wait': str(len(self._desk)),
        }

    def listened_to(self) -> Sequence[Any]:
        """Return the subscription of images: that nobody clicks is no fault."""
        return super().listened_to()[:1]

    def _follow(self, packet: Packet[RawImage]) -> None:
        seen = self._desk.follow(packet)
        self._objects.publish(packet, seen, self._looks.look, self._looks.alpha)


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnything2Node)
