"""SegFormer: scores at a quarter of the size, or class ids where the arg-max is built in."""

from __future__ import annotations

from .family import Family, IMAGENET, Specs
from .tensor_shapes import gives_map, has_names


def _is_hugging_face(inputs: Specs, outputs: Specs) -> bool:
    return gives_map(inputs, outputs) and has_names(outputs, 'logits')


# The image is stretched, as Hugging Face's processor does it. NVIDIA's networks give class ids
# and have other means: their manifests say so, and without one they are read as a U-Net is.
SEGFORMER = Family(
    name='segformer',
    expects='one image, and a map `logits` [N, classes, H/4, W/4] or class ids [N, 1, H, W]',
    fits=gives_map,
    is_known=_is_hugging_face,
    encode={**IMAGENET, 'fit': 'stretch'},
)
