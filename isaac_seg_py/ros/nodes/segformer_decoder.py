"""SegformerDecoderNode: the UNetDecoderNode under the names that SegFormer graphs have."""

from __future__ import annotations

from .unet_decoder import UNetDecoderNode
from ..running import run_node
from ...families.segformer import SEGFORMER


class SegformerDecoderNode(UNetDecoderNode):
    """Turns the scores or class ids of a SegFormer into masks, below `segformer`."""

    default_name = 'segformer_decoder_node'
    prefix = 'segformer'
    usual_family = SEGFORMER


def main() -> None:
    """Run the node by itself."""
    run_node(SegformerDecoderNode)
