"""UNetDecoderNode: a network's output in; masks, colours and what else is asked for out."""

from __future__ import annotations

from ..decoder_node import DecoderNode, DecoderTopics
from ..outputs import OF_CLASSES
from ..running import run_node
from ...config import DecodeConfig
from ...families.unet import UNET


class UNetDecoderNode(DecoderNode):
    """Turns class scores into a mask, a coloured mask and the confidence of each pixel."""

    default_name = 'unet_decoder_node'
    config_kinds = (DecodeConfig, DecoderTopics)
    prefix = 'unet'
    outputs = OF_CLASSES
    usual_family = UNET


def main() -> None:
    """Run the node by itself."""
    run_node(UNetDecoderNode)
