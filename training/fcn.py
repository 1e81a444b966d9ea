"""
Train the tiny FCN on scenes, write it as ONNX and measure it.

    python -m training.fcn --minutes 15 --start models/tiny_unet.onnx --out fcn.onnx
"""

from __future__ import annotations

from torch import nn

from .fcn_model import TinyFCN
from .semantic_command import Recipe, run

RECIPE = Recipe(
    name='tiny FCN',
    build=TinyFCN,
    exported=nn.Sequential,
    given='input_0',
    taken='output_0',
    crops=0.3,
    rate=1.5e-3,
)

if __name__ == '__main__':
    run(RECIPE)
