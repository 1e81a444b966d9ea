"""What the tests of TensorRT-RTX share: whether it is here, options, models in one line."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from isaac_seg_py.infer.engine_options import EngineOptions
import onnx
from onnx import parser
import pytest

NEEDS_RTX = pytest.mark.skipif(
    importlib.util.find_spec('tensorrt_rtx') is None,
    reason='TensorRT-RTX is not installed: pip install tensorrt-rtx-cu13',
)


def options(precision: str = 'fp32', **more: object) -> EngineOptions:
    """Return options for a GPU that is not here."""
    return EngineOptions(precision=precision, **{'compute_capabilities': ('8.9',), **more})


def write(path: Path, text: str, opset: int = 17) -> Path:
    """Write a model in ONNX's own notation, unchecked."""
    domains = f'opset_import: ["" : {opset}, "acme" : 1]'
    onnx.save(parser.parse_model(f'<ir_version: 8, {domains}>\n{text}'), str(path))
    return path
