"""
Train the tiny U-Net on scenes, write it as ONNX and measure it.

    python -m training.unet --minutes 20 --out models/tiny_unet.onnx
"""

from __future__ import annotations

from .semantic_command import Recipe, run
from .unet_model import TinyUNet, WithSoftmax

RECIPE = Recipe(
    name='tiny U-Net',
    build=lambda classes, start: start or TinyUNet(classes),
    exported=WithSoftmax,
)

if __name__ == '__main__':
    run(RECIPE)
