"""The U-Net graph: image -> encoder -> inference -> decoder -> masks, and the overlay."""

from __future__ import annotations

from typing import Final

from .graph import Graph
from .mask_graph import mask_graph
from .upstream import UPSTREAM

UNET: Final[Graph] = mask_graph(
    'unet',
    'Camera images in; class of each pixel, coloured mask and overlay out.',
    plugin='UNetDecoderNode',
    decoder='unet_decoder_node',
    prefix='unet',
    model='tiny-unet',
    table=UPSTREAM,
)
