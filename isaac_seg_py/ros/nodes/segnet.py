"""SegNetNode: images in; overlay, colours and classes out, on ros_deep_learning's topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from vision_msgs.msg import VisionInfo

from ..conversions import IMAGE
from ..found_masks import class_mask, Look
from ..label_info import LatchedTopic
from ..managed_node import ManagedNode
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..segnet_config import SegNetConfig
from ...catalog.model_folders import find_manifest
from ...config import DecodeConfig
from ...decode.labels import LabelDecoder
from ...encode.colors import to_bytes
from ...errors import ConfigError
from ...families import open_pipeline
from ...images import RawImage
from ...masks import LabelImage
from ...pipeline import Spine
from ...tensors import Tensors

_TOPICS: Final = ('overlay', 'color_mask', 'class_mask')


class SegNetNode(ManagedNode):
    """Segments images in one node, as ros_deep_learning's segnet does; headers are kept."""

    default_name = 'segnet'
    config_kinds = (SegNetConfig,)
    _pipeline: Spine[Any] | None = None

    def start(self) -> None:
        """Open the network, subscribe to images and offer what is found in them."""
        config = self.parameters[SegNetConfig]
        manifest = find_manifest(config.model_path or config.model_name)
        pipeline = self._pipeline = open_pipeline(manifest, **config.chosen())
        self.get_logger().info(f'{manifest.name}: {pipeline.infer.choice}')
        settings = getattr(pipeline.decode, 'config', None)
        if not isinstance(settings, DecodeConfig):
            raise ConfigError(f'model {manifest.name} finds no classes; take InstanceDecoderNode')
        # Colours are soft between the cells of the network, as segNet's are.
        self._settings = replace(settings, mix_colors=True)
        self.change(config)
        out = find_qos(config.output_qos, config.output_qos_depth)
        self._offered = {topic: self.publish_to(IMAGE, topic, out) for topic in _TOPICS}
        self._tell_names(manifest.name)
        qos = find_qos(config.input_qos, config.input_qos_depth)
        self.subscribe(IMAGE, 'image_in', qos, self._segment, depth=config.input_queue_size)

    def stop(self) -> None:
        """Give the network back."""
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None

    def change(self, config: Any) -> None:
        """Take filters and opacity anew."""
        self._config = config
        kinds = {
            'overlay': (config.overlay_filter, 'image'),
            'color_mask': (config.mask_filter, 'image'),
            'class_mask': (config.mask_filter, config.mask_frame),
        }
        # Topics of the same filter and size share what is found.
        made = {
            kind: LabelDecoder(replace(self._settings, filter_mode=kind[0], mask_frame=kind[1]))
            for kind in set(kinds.values())
        }
        self._decoders: Mapping[str, LabelDecoder] = {to: made[kinds[to]] for to in _TOPICS}

    def _tell_names(self, model: str) -> None:
        self.parameters.tell('class_names', self._settings.class_names)
        info = LatchedTopic(self, VisionInfo, 'vision_info')
        place = f'{self.get_fully_qualified_name()}/class_names'
        info.say(method=model, database_location=place, database_version=0)

    def _segment(self, packet: Packet[RawImage]) -> None:
        wanted = [topic for topic in _TOPICS if self._offered[topic].wanted]
        pipeline, decoders = self._pipeline, self._decoders
        if not wanted or pipeline is None:
            return
        outputs: Tensors = pipeline.infer(pipeline.encode(packet.value))
        found = {one: one(outputs) for one in {decoders[topic] for topic in wanted}}
        for topic in wanted:
            shown = self._shown(topic, packet.value, found[decoders[topic]])
            self._offered[topic].publish(Packet(packet.header, shown))

    def _shown(self, topic: str, image: RawImage, found: LabelImage) -> RawImage:
        if topic == 'class_mask':
            return class_mask(found, Look())
        if topic == 'color_mask':
            return RawImage.from_array(found.color('rgb8'), 'rgb8')
        order = 'bgr' if image.encoding.startswith('bgr') else 'rgb'
        hidden = self._config.transparent_class
        picture = found.overlay(
            to_bytes(image, order),
            1 - self._config.overlay_alpha / 255,
            None if hidden < 0 else hidden,
            order,
        )
        return RawImage.from_array(picture, f'{order}8')


def main() -> None:
    """Run the node by itself."""
    run_node(SegNetNode)
