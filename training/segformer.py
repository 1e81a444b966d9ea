"""
Train the tiny SegFormer on scenes, write it as ONNX and measure it.

    python -m training.segformer --minutes 30 --start models/tiny_unet.onnx --out segformer.onnx
"""

from __future__ import annotations

from torch import nn

from .segformer_model import TinySegFormer
from .semantic_command import Recipe, run

RECIPE = Recipe(
    name='tiny SegFormer',
    build=TinySegFormer,
    exported=nn.Sequential,
    given='pixel_values',
    taken='logits',
    crops=0.5,
    rate=2e-3,
)

if __name__ == '__main__':
    run(RECIPE)
