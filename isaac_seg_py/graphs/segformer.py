"""The SegFormer graph: as that of U-Net, with masks below `segformer`."""

from __future__ import annotations

from typing import Final

from .graph import Graph
from .mask_graph import mask_graph
from .upstream import UPSTREAM

SEGFORMER: Final[Graph] = mask_graph(
    'segformer',
    'Camera images in; class of each pixel, found by a SegFormer, and overlay out.',
    plugin='SegformerDecoderNode',
    decoder='segformer_decoder_node',
    prefix='segformer',
    model='tiny-segformer',
    table=UPSTREAM,
)
