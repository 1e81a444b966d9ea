"""U-Net and every other network that takes one image and gives one map of classes."""

from __future__ import annotations

from .family import Family
from .tensor_shapes import gives_map

UNET = Family(
    name='unet',
    expects=(
        'one image [N, C, H, W] or [N, H, W, C], and one map over it: scores [N, classes, h, w] '
        'or [N, h, w, classes], one channel for a sigmoid, or whole numbers for class ids'
    ),
    fits=gives_map,
    # What no other family knows by its names is read from the tensors alone.
    is_known=gives_map,
)
