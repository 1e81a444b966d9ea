"""AlphaBlendNode: a picture and a mask of the same stamp in, the mask over the picture out."""

from __future__ import annotations

from typing import Any

from ..blend_config import BlendConfig
from ..conversions import IMAGE
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..stage_node import StageNode
from ..stamp_join import StampJoin
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
        depth, mask_qos = config.sync_queue_size, find_qos(config.mask_qos, config.mask_qos_depth)
        pairs = [self.pairs(depth, config.sync_tolerance, what='image or mask')]
        if config.marks:
            pairs.append(self.pairs(depth, what='mask or its marks'))
        self._join = StampJoin(pairs)
        self._blended = self.publish_to(
            IMAGE, 'blended_image', find_qos(config.output_qos, config.output_qos_depth)
        )
        self.subscribe(
            IMAGE,
            'image_input',
            find_qos(config.image_qos, config.image_qos_depth),
            lambda packet: self._blend(self._join.add(1, packet)),
            depth=config.image_queue_size,
        )
        self.subscribe(
            IMAGE,
            'mask_input',
            mask_qos,
            lambda packet: self._blend(self._join.add(0, packet)),
            depth=config.mask_queue_size,
        )
        if config.marks:
            self.subscribe(
                IMAGE,
                'marks_input',
                mask_qos,
                lambda packet: self._blend(self._join.add(2, packet)),
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

    def _blend(self, joined: Packet[tuple[RawImage, ...]] | None) -> bool:
        if joined is None:
            return False
        if not self._blended.wanted:
            return True
        mask, image, *marks = joined.value
        order = 'bgr' if image.encoding.startswith('bgr') else 'rgb'
        over = mask_colors(mask, order, self._config.transparent_color)
        picture = blend(to_bytes(image, order), over, self._config.alpha)
        for drawn in marks:
            blend(picture, mask_colors(drawn, order), 0.0, picture)
        if self._legend is not None:
            legend = to_bytes(self._legend, order)[: picture.shape[0], : picture.shape[1]]
            picture[: legend.shape[0], : legend.shape[1]] = legend
        self._blended.publish(Packet(joined.header, RawImage.from_array(picture, f'{order}8')))
        return True


def main() -> None:
    """Run the node by itself."""
    run_node(AlphaBlendNode)
