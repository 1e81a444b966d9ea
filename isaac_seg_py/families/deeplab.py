"""DeepLab, FCN and LR-ASPP of torchvision: scores `out`, and an `aux` that only training needs."""

from __future__ import annotations

from .family import Family, IMAGENET, Specs
from .tensor_shapes import gives_map, has_names


def _is_torchvision(inputs: Specs, outputs: Specs) -> bool:
    return has_names(outputs, 'out') and gives_map(inputs, outputs)


DEEPLAB = Family(
    name='deeplab',
    expects='one image, and a map `out` [N, classes, H, W] of raw scores',
    fits=gives_map,
    is_known=_is_torchvision,
    encode=IMAGENET,
    decode={'network_output_type': 'logits', 'output_name': 'out'},
)
