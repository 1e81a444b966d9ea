"""AlphaBlendNode: a picture and a mask of the same stamp in, the mask over the picture out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..conversions import IMAGE
from ..packet import Packet
from ..qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..running import run_node
from ..stage_node import StageNode
from ...blend import blend
from ...encode.colors import mask_colors, to_bytes
from ...images import RawImage
from ...settings import check_settings, setting


@dataclass(frozen=True)
class BlendConfig:
    """The settings of AlphaBlendNode."""

    alpha: float = setting(
        0.5,
        'Share of the image: blended = image * alpha + mask * (1 - alpha).',
        low=0.0,
        high=1.0,
        live=True,
    )
    transparent_color: int = setting(
        -1,
        'Colour 0xRRGGBB of the mask that leaves the image as it is. -1: none. Masks with an '
        'alpha channel need none.',
        low=-1,
        high=0xFFFFFF,
        live=True,
    )
    sync_tolerance: float = setting(
        0.0,
        'Seconds that the stamps of image and mask may be apart. 0: equal.',
        low=0.0,
        high=10.0,
    )
    sync_queue_size: int = setting(
        10, 'Images, and masks, that may wait for their partner.', low=1, high=1000
    )
    image_queue_size: int = setting(10, 'Images that may wait to be looked at.', low=1, high=10000)
    mask_queue_size: int = setting(10, 'Masks that may wait to be looked at.', low=1, high=10000)
    image_qos: str = input_qos_setting('image')
    image_qos_depth: int = depth_setting('image')
    mask_qos: str = input_qos_setting('mask')
    mask_qos_depth: int = depth_setting('mask')
    output_qos: str = qos_setting('blended image')
    output_qos_depth: int = depth_setting('blended image')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class AlphaBlendNode(StageNode):
    """Lays a coloured mask over the image that it was made from."""

    default_name = 'alpha_blend_node'
    config_kinds = (BlendConfig,)

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

    def change(self, config: Any) -> None:
        """Take alpha and the transparent colour anew."""
        self._config = config

    def _blend(self, pair: tuple[Packet[RawImage], Packet[RawImage]] | None) -> bool:
        if pair is None:
            return False
        if not self._blended.wanted:
            return True
        image, mask = (packet.value for packet in pair)
        order = 'bgr' if image.encoding.startswith('bgr') else 'rgb'
        over = mask_colors(mask, order, self._config.transparent_color)
        picture = blend(to_bytes(image, order), over, self._config.alpha)
        self._blended.publish(Packet(pair[1].header, RawImage.from_array(picture, f'{order}8')))
        return True


def main() -> None:
    """Run the node by itself."""
    run_node(AlphaBlendNode)
