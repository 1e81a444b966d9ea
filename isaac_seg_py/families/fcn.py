"""segNet's FCN-ResNet18: scores on a coarse grid, and colours that are soft between its cells."""

from __future__ import annotations

from .family import Family, IMAGENET, Specs
from .tensor_shapes import gives_map, has_names


def _is_segnet(inputs: Specs, outputs: Specs) -> bool:
    named = has_names(inputs, 'input_0') and has_names(outputs, 'output_0')
    return named and gives_map(inputs, outputs)


FCN = Family(
    name='fcn',
    expects='one image `input_0`, and a map `output_0` [N, classes, H/32, W/32] of raw scores',
    fits=gives_map,
    is_known=_is_segnet,
    encode={**IMAGENET, 'fit': 'stretch'},
    decode={'network_output_type': 'logits', 'mix_colors': True},
)
