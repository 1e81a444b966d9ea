"""ONNX Runtime on the CPU: runs everywhere and defines the truth for the other backends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from .base import Arrays, Backend
from ..errors import BackendError, BackendUnavailable, ModelError
from ..tensors import TensorSpec

_DTYPES: Final = {
    'tensor(float)': 'float32',
    'tensor(float16)': 'float16',
    'tensor(double)': 'float64',
    'tensor(int8)': 'int8',
    'tensor(uint8)': 'uint8',
    'tensor(int16)': 'int16',
    'tensor(uint16)': 'uint16',
    'tensor(int32)': 'int32',
    'tensor(uint32)': 'uint32',
    'tensor(int64)': 'int64',
    'tensor(uint64)': 'uint64',
    'tensor(bool)': 'bool',
}


class OnnxRuntimeBackend(Backend):
    """A network run by ONNX Runtime."""

    name = 'onnxruntime'

    def __init__(self, model: Path, *, threads: int = 0, outputs: Sequence[str] = ()) -> None:
        """Load an ONNX file; `outputs` names those to compute, in order, all where it is empty."""
        ort = _import()
        if not model.is_file():
            raise ModelError(
                f'model file {str(model)!r} does not exist; give the path of an ONNX file'
            )
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that spin while they wait take the processor from the nodes beside this one.
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        try:
            # The session wants the path, not the bytes, to find external weights beside the model.
            self._session = ort.InferenceSession(
                str(model), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:
            raise ModelError(
                f'ONNX Runtime cannot load {str(model)!r}: {_first_line(error)}. The file may be '
                'damaged, or not be an ONNX model: download or export it again'
            ) from error
        self.inputs = tuple(map(_spec, self._session.get_inputs()))
        every = {spec.name: spec for spec in map(_spec, self._session.get_outputs())}
        missing = [name for name in outputs if name not in every]
        if missing:
            raise ModelError(
                f'{model.name} has no output {", ".join(missing)}; it has {", ".join(every)}. '
                'Set output_binding_names to match'
            )
        self.outputs = tuple(every[name] for name in outputs) or tuple(every.values())
        self._names = [spec.name for spec in self.outputs]

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network."""
        try:
            results = self._session.run(self._names, dict(inputs))
        except Exception as error:
            raise BackendError(f'ONNX Runtime failed: {_first_line(error)}') from error
        return dict(zip(self._names, results, strict=True))

    def release(self) -> None:
        """Drop the session and its memory."""
        del self._session


def _import() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise BackendUnavailable(
            'ONNX Runtime is not installed; type: pip install onnxruntime'
        ) from error
    return onnxruntime


def _spec(node: Any) -> TensorSpec:
    dtype = _DTYPES.get(node.type)
    if dtype is None:
        raise ModelError(f'tensor {node.name!r} is of type {node.type}, which NumPy does not have')
    return TensorSpec(node.name, tuple(node.shape), np.dtype(dtype))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
