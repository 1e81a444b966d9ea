"""Make of layers that only follow one another what computes less, and says the same."""

from __future__ import annotations

from pathlib import Path

import onnx

from .fuse_head import fold_heads
from .fuse_places import convolve_linear


def fold_layers(model: onnx.ModelProto) -> bool:
    """Fold what can be; the model is changed in place. Say whether anything was."""
    heads = fold_heads(model)
    # A head that was folded has layers between tokens and images, as the network before it.
    return bool(convolve_linear(model) + heads)


def fold_file(path: Path) -> bool:
    """Fold the layers of an ONNX file in its place; say whether anything was."""
    model = onnx.load(str(path))
    folded = fold_layers(model)
    if folded:
        onnx.checker.check_model(model)
        onnx.save(model, str(path))
    return folded
