"""What the nodes share that hold Segment Anything: the network, its settings, the topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .managed_node import ManagedNode
from .prompt_outputs import ObjectTopics
from .prompt_topics import ImageTopics, NetworkChoice, ObjectLooks
from .qos import find_qos
from ..catalog.model_folders import find_manifest
from ..families.sam import open_sam, PromptedNetwork
from ..prompt_config import PromptConfig


class PromptedNode(ManagedNode):
    """Holds a network, and publishes objects below the name that the node has by default."""

    network: PromptedNetwork | None = None
    looks: ObjectLooks
    objects: ObjectTopics

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of its prompts."""
        return find_manifest(self.given('model') or NetworkChoice.model).decode

    def open(self) -> PromptedNetwork:
        """Open the network and offer the topics."""
        choice, topics = self.parameters[NetworkChoice], self.parameters[ImageTopics]
        manifest = find_manifest(choice.model)
        network = open_sam(manifest, **choice.chosen(), **vars(self.parameters[PromptConfig]))
        self.network = network
        self.get_logger().info(f'{manifest.name}: {network.choice}')
        self.looks = self.parameters[ObjectLooks]
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self.objects = ObjectTopics(self, self.default_name, out)
        self.input_qos = find_qos(topics.input_qos, topics.input_qos_depth)
        return network

    def change(self, config: Any) -> None:
        """Take looks, and what is asked of the network, anew."""
        if isinstance(config, ObjectLooks):
            self.looks = config
        elif isinstance(config, PromptConfig) and self.network is not None:
            self.network.change(config)

    def stop(self) -> None:
        """Give the network back."""
        if self.network is not None:
            self.network.close()
            self.network = None

    def facts(self) -> Mapping[str, str]:
        """Tell what runs the network, and how often it looked."""
        if self.network is None:
            return {}
        return {
            'backend': self.network.choice,
            'images encoded': str(self.network.images_encoded),
        }
