"""The encoder and the inference by themselves."""

from __future__ import annotations

from typing import Final

from .graph import Graph
from .parts import encoder_node, inference_node, INPUT, model_arguments

_MODEL: Final = model_arguments('tiny-unet')

ENCODER: Final = Graph(
    name='dnn_image_encoder',
    text='Camera images in; the input tensor of a network out.',
    arguments=(_MODEL[0], _MODEL[3], *INPUT),
    build=lambda values: [encoder_node(values)],
)
INFERENCE: Final = Graph(
    name='inference',
    text='Tensors in, through a network, tensors out.',
    arguments=_MODEL,
    build=lambda values: [inference_node(values)],
)
