"""AlphaBlendNode: a picture and a mask of the same stamp in, the mask over the picture out."""

from __future__ import annotations

from typing import Any

from ..blend_config import BlendConfig
from ..conversions import IMAGE
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..stage_node import StageNode
from ...blend import blend
from ...encode.colors import mask_colors, to_bytes
from ...images import RawImage


class AlphaBlendNode(StageNode):
    """Lays a coloured mask over the image that it was made from."""

    default_name = 'alpha_blend_node'
    config_kinds = (BlendConfig,)
    _legend: RawImage | None = None

    def start(self) -> None:
        """Subscribe to image and mask, and offer the blend."""
        config = self.parameters[BlendConfig]
        self._config = config
        self._pairs = self.pairs(
            config.sync_queue_size, config.sync_tolerance, what='image or mask'
        )
        self._blended = self.publish_to(
            IMAGE, 'blended_image', find_qos(config.output_qos, config.output_qos_depth)
        )
        self.subscribe(
            IMAGE,
            'image_input',
            find_qos(config.image_qos, config.image_qos_depth),
            lambda packet: self._blend(self._pairs.add(0, packet)),
            depth=config.image_queue_size,
        )
        self.subscribe(
            IMAGE,
            'mask_input',
            find_qos(config.mask_qos, config.mask_qos_depth),
            lambda packet: self._blend(self._pairs.add(1, packet)),
            depth=config.mask_queue_size,
        )
        if config.legend:
            self.subscribe(IMAGE, 'legend_input', find_qos('AUTO'), self._take_legend, depth=1)

    def change(self, config: Any) -> None:
        """Take alpha and the transparent colour anew."""
        self._config = config

    def _take_legend(self, packet: Packet[RawImage]) -> bool:
        self._legend = packet.value
        return False

    def _blend(self, pair: tuple[Packet[RawImage], Packet[RawImage]] | None) -> bool:
        if pair is None:
            return False
        if not self._blended.wanted:
            return True
        image, mask = (packet.value for packet in pair)
        order = 'bgr' if image.encoding.startswith('bgr') else 'rgb'
        over = mask_colors(mask, order, self._config.transparent_color)
        picture = blend(to_bytes(image, order), over, self._config.alpha)
        if self._legend is not None:
            legend = to_bytes(self._legend, order)[: picture.shape[0], : picture.shape[1]]
            picture[: legend.shape[0], : legend.shape[1]] = legend
        self._blended.publish(Packet(pair[1].header, RawImage.from_array(picture, f'{order}8')))
        return True


def main() -> None:
    """Run the node by itself."""
    run_node(AlphaBlendNode)
