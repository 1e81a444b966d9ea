"""Fast-SCNN: scores at the size of the image or at an eighth; its tensors have no fixed names."""

from __future__ import annotations

from .family import Family, IMAGENET
from .tensor_shapes import gives_map

FAST_SCNN = Family(
    name='fast_scnn',
    expects='one image, and a map [N, classes, h, w] of raw scores',
    fits=gives_map,
    encode={**IMAGENET, 'fit': 'stretch'},
    decode={'network_output_type': 'logits'},
)
