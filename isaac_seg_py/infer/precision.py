"""
Write a precision into an ONNX model: float32 becomes fp16 or bf16.

TensorRT 11 and TensorRT-RTX compute in the types that the model names, and TensorRT 10 is told to:
what is written here means the same in all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import contextlib
import logging
from pathlib import Path
import tempfile
from typing import Any, Final

from ..errors import BackendUnavailable, ModelError

_LOG: Final = logging.getLogger(__name__)
_NAMED: Final = 5
# A file of protocol buffers ends here; larger models keep their weights beside it.
_LARGEST_FILE: Final = 2_000_000_000


@contextlib.contextmanager
def prepared(model: Path, precision: str, keep: Sequence[str] = ()) -> Iterator[Path]:
    """Give the path of a model in a precision: a temporary file, or the model's own."""
    if not model.is_file():
        raise ModelError(
            f'model file {str(model)!r} does not exist; give the path of an ONNX file'
        )
    if precision not in ('fp16', 'bf16'):
        yield model
        return
    with tempfile.TemporaryDirectory(prefix='isaac_seg_') as folder:
        yield convert_file(model, Path(folder) / model.name, precision, keep=keep)


def convert_file(model: Path, target: Path, precision: str, *, keep: Sequence[str] = ()) -> Path:
    """Write a model in `fp16` or `bf16`; see `convert_model`. Return the file that was written."""
    onnx = _import_onnx()
    try:
        loaded = onnx.load(str(model))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f'{str(model)!r} cannot be read as an ONNX model: {reason}. The file may be damaged, '
            'or its weights are not beside it: download or export it again'
        ) from error
    converted = convert_model(loaded, precision, keep=keep, called=str(model))
    large = converted.ByteSize() > _LARGEST_FILE
    onnx.save(converted, str(target), save_as_external_data=large)
    return target


def convert_model(
    model: Any, precision: str, *, keep: Sequence[str] = (), called: str = 'the model'
) -> Any:
    """
    Return an ONNX model that computes in `fp16` or `bf16`; its inputs and outputs stay float32.

    `keep` names operators, or patterns of nodes' names, that stay in float32. So do coordinates
    that end in a sine, sizes, operators that know no halves, and weights beyond the range. A model
    that is quantised or has halves already was given its types on purpose, and is left as it is.
    The model that is passed in is changed.
    """
    _import_onnx()
    from onnx import inliner

    from .half_graph import rewrite_model
    from .half_values import HALVES

    if model.functions:
        model = inliner.inline_local_functions(model)
    reason = _typed_on_purpose(model)
    if reason:
        _LOG.info('%s stays as it is: it has %s', called, reason)
        return model
    report = rewrite_model(model, HALVES[precision], keep)
    if report.saturated:
        _LOG.warning(
            '%s: constants beyond the range of %s became its largest number (%d): %s',
            called, precision, len(report.saturated), _some(report.saturated),
        )  # fmt: skip
    _LOG.info(
        '%s: %d nodes in %s, %d in float32%s', called, report.halved, precision, len(report.kept),
        f' ({_some(report.kept)})' if report.kept else '',
    )  # fmt: skip
    return model


def _typed_on_purpose(model: Any) -> str:
    from onnx import TensorProto

    from .onnx_types import element_types, opset_of

    quantisers = {'QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'QLinearMatMul',
                  'DynamicQuantizeLinear', 'MatMulInteger', 'ConvInteger'}  # fmt: skip
    found = sorted({node.op_type for node in model.graph.node} & quantisers)
    if found:
        return f'{found[0]} nodes'
    halves = {TensorProto.FLOAT16: 'float16', TensorProto.BFLOAT16: 'bfloat16'}
    kinds = set(element_types(model.graph, opset_of(model)).values())
    return next((f'{name} tensors' for kind, name in halves.items() if kind in kinds), '')


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ', '.join(names[:_NAMED]) + (f' and {more} more' if more > 0 else '')


def _import_onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise BackendUnavailable(
            'the precisions fp16 and bf16 are written into the model by the package onnx, which '
            'is not installed; type: pip install onnx, or choose precision fp32 or tf32'
        ) from error
    return onnx
