"""ONNX Runtime: on the CPU it runs everywhere, and defines the truth for the other backends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from .base import Arrays, Backend
from ..cuda.driver_library import driver_complaint
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


# What a backend's name stands for: provider, and the package that brings it.
PROVIDERS: Final = {
    'onnxruntime': ('CPUExecutionProvider', 'onnxruntime'),
    'onnxruntime-cuda': ('CUDAExecutionProvider', 'onnxruntime-gpu'),
    'onnxruntime-tensorrt': ('TensorrtExecutionProvider', 'onnxruntime-gpu'),
    'onnxruntime-tensorrt-rtx': (
        'NvTensorRTRTXExecutionProvider',
        'onnxruntime-gpu, or build ONNX Runtime with --use_nv_tensorrt_rtx where that lacks it',
    ),
}


class OnnxRuntimeBackend(Backend):
    """A network run by ONNX Runtime."""

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 0,
        outputs: Sequence[str] = (),
        name: str = 'onnxruntime',
        provider_options: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """
        Load an ONNX file; `outputs` names those to compute, in order, all where it is empty.

        `name` is one of PROVIDERS; what its provider cannot compute is left to the CPU.
        """
        self.name = name
        ort = _import()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads may spin within a run, which is faster, and not after it, where they would take
        # the processor from the nodes beside this one.
        options.add_session_config_entry('session.force_spinning_stop', '1')
        provider = PROVIDERS[name][0]
        on_cpu = PROVIDERS['onnxruntime'][0]
        wanted = [(provider, dict(provider_options)), *([on_cpu] if provider != on_cpu else [])]
        try:
            # The session wants the path, not the bytes, to find external weights beside the model.
            self._session = ort.InferenceSession(str(model), options, providers=wanted)
        except Exception as error:
            raise ModelError(
                f'ONNX Runtime cannot load {str(model)!r}: {first_line(error)}. The file may be '
                'damaged, or not be an ONNX model: download or export it again'
            ) from error
        if self._session.get_providers()[0] != provider:
            # ONNX Runtime goes on with the CPU, and says on the terminal only what is missing.
            raise BackendUnavailable(
                f'{provider} of ONNX Runtime did not start; its CUDA, cuDNN or TensorRT libraries '
                "may be missing, or the driver. Install them (pip install 'onnxruntime-gpu[cuda,"
                "cudnn]'), or take the backend onnxruntime"
            )
        self._session.disable_fallback()
        # Each run at the same time takes memory of its own, which pays only where there are
        # processors that one run may not have.
        if provider == on_cpu and threads:
            self.runs_at_once = max(1, (os.cpu_count() or 1) // threads)
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
        # Measured on a CPU: binding memory beforehand saves nothing, results are not copied here.
        try:
            results = self._session.run(self._names, dict(inputs))
        except Exception as error:
            raise BackendError(f'ONNX Runtime failed: {first_line(error)}') from error
        return dict(zip(self._names, results, strict=True))

    def release(self) -> None:
        """Drop the session and its memory."""
        del self._session


def why_no_provider(backend: str, device: int) -> str:
    """Return why ONNX Runtime cannot run so here; empty when nothing is known against it."""
    provider, package = PROVIDERS[backend]
    try:
        known = _import().get_available_providers()
    except BackendUnavailable as error:
        return str(error)
    if provider in known:
        return '' if backend == 'onnxruntime' else driver_complaint(device)
    return f'this ONNX Runtime lacks the {provider}; type: pip install {package}'


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


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
