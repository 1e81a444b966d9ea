"""SegmentEverythingNode: images in; a mask for each object out, without being asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..conversions import IMAGE
from ..packet import Packet
from ..prompt_outputs import named
from ..prompt_topics import ImageTopics, NetworkChoice, ObjectLooks
from ..prompted_node import PromptedNode
from ..running import run_node
from ...automatic import find_everything
from ...automatic_config import AutomaticConfig
from ...catalog.model_folders import find_manifest
from ...images import RawImage
from ...prompt_config import PromptConfig

# Images wait for a network that is slower than any camera: only the newest is worth it.
_IMAGES: Final = 1


class SegmentEverythingNode(PromptedNode):
    """Finds the objects at the points of a grid; objects are numbered anew in each image."""

    default_name = 'segment_everything'
    config_kinds = (NetworkChoice, PromptConfig, AutomaticConfig, ObjectLooks, ImageTopics)

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of its prompts, and of masks for everything."""
        manifest = find_manifest(self.given('model') or NetworkChoice.model)
        return {**manifest.decode, **manifest.everything}

    def start(self) -> None:
        """Open the network, offer the topics and subscribe to images."""
        self.open()
        self._grid = self.parameters[AutomaticConfig]
        self.subscribe(IMAGE, 'image', self.input_qos, self._segment, depth=_IMAGES)

    def _segment(self, packet: Packet[RawImage]) -> None:
        network, looks = self.network, self.looks
        if network is None or not self.objects.are_wanted:
            return
        found = find_everything(network, packet.value, self._grid).objects
        # Nobody said of what class anything is.
        self.objects.publish(packet, named(found, ('',)), looks.look, looks.alpha)


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentEverythingNode)
