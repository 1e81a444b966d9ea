"""UNetDecoderNode: a network's output in, mask and coloured mask out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conversions import IMAGE, TENSORS
from ..packet import Packet
from ..qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..running import run_node
from ..stage_node import StageNode
from ...config import DecodeConfig
from ...decode.labels import LabelDecoder
from ...families.contract import decode_defaults
from ...images import RawImage
from ...model_folders import find_manifest
from ...settings import check_settings, setting
from ...tensors import Tensors


@dataclass(frozen=True)
class DecoderTopics:
    """The topics of UNetDecoderNode, and where its settings come from."""

    model: str = setting(
        '', 'Model (name or manifest) that says what the settings left out should be.'
    )
    input_qos: str = input_qos_setting('tensors')
    input_qos_depth: int = depth_setting('tensors')
    output_qos: str = qos_setting('masks')
    output_qos_depth: int = depth_setting('masks')
    input_queue_size: int = setting(
        2, 'Frames that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class UNetDecoderNode(StageNode):
    """Turns class scores into a mask, a coloured mask and the confidence of each pixel."""

    default_name = 'unet_decoder_node'
    config_kinds = (DecodeConfig, DecoderTopics)

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of its output."""
        model = self.given('model')
        return decode_defaults(find_manifest(model)) if model else {}

    def start(self) -> None:
        """Subscribe to tensors and offer masks."""
        topics = self.parameters[DecoderTopics]
        self.change(self.parameters[DecodeConfig])
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self._raw = self.publish_to(IMAGE, 'unet/raw_segmentation_mask', out)
        self._colored = self.publish_to(IMAGE, 'unet/colored_segmentation_mask', out)
        self._confidence = self.publish_to(IMAGE, 'unet/confidence', out)
        self.subscribe(
            TENSORS,
            'tensor_sub',
            find_qos(topics.input_qos, topics.input_qos_depth),
            self._decode_one,
            depth=topics.input_queue_size,
        )

    def change(self, config: Any) -> None:
        """Take thresholds, palette and encoding anew."""
        if isinstance(config, DecodeConfig):
            self._decode, self._config = LabelDecoder(config), config

    def _decode_one(self, packet: Packet[Tensors]) -> None:
        encoding = self._config.color_segmentation_mask_encoding
        result = self._decode(packet.value, want_scores=self._confidence.wanted)
        mono = 'mono8' if result.labels.itemsize == 1 else 'mono16'
        self._raw.publish(Packet(packet.header, RawImage.from_array(result.labels, mono)))
        if self._colored.wanted:
            color = RawImage.from_array(result.color(encoding), encoding)
            self._colored.publish(Packet(packet.header, color))
        if result.scores is not None and self._confidence.wanted:
            scores = RawImage.from_array(result.scores, '32FC1')
            self._confidence.publish(Packet(packet.header, scores))


def main() -> None:
    """Run the node by itself."""
    run_node(UNetDecoderNode)
