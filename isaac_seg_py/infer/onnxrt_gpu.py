"""ONNX Runtime on a GPU: CUDA, TensorRT and TensorRT-RTX as its providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
from pathlib import Path
from typing import Any, TYPE_CHECKING

from .base import Arrays
from .engine_cache import cache_folder
from .onnxrt import first_line, OnnxRuntimeBackend
from ..errors import BackendError
from ..infer_config import InferConfig

if TYPE_CHECKING:
    from ..cuda import DeviceArray, Stream


class OnnxRuntimeGpuBackend(OnnxRuntimeBackend):
    """
    A network run by ONNX Runtime on a GPU.

    Tensors that are on the device already are bound where they lie; those of the host are copied
    by ONNX Runtime, in and out.
    """

    takes_device_arrays = True

    def __init__(
        self,
        name: str,
        model: Path,
        config: InferConfig,
        outputs: Sequence[str] = (),
        stream: int = 0,
    ) -> None:
        """Load an ONNX file; `stream` is the handle of the CUDA stream to work on, 0 its own."""
        # ONNX Runtime makes the last folder of a path, and no more. It says what it cannot write.
        with contextlib.suppress(OSError):
            _cache().mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(
            model,
            threads=config.threads,
            outputs=outputs,
            name=name,
            provider_options=provider_options(name, config, stream),
        )
        self._device = config.device
        self._stream = stream
        self._binding = self._session.io_binding()

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network; results come to the host."""
        self._bind_inputs(inputs)
        for name in self._names:
            # New memory each time: what was handed on belongs to whoever holds it.
            self._binding.bind_output(name, 'cpu')
        self._run_bound()
        found = [value.numpy() for value in self._binding.get_outputs()]
        return dict(zip(self._names, found, strict=True))

    def enqueue(
        self,
        stream: Stream,
        inputs: Mapping[str, DeviceArray],
        outputs: Mapping[str, DeviceArray],
    ) -> None:
        """Read the inputs and write the outputs on the stream that the network was opened with."""
        if stream.handle != self._stream:
            raise BackendError(
                'ONNX Runtime works on the stream that it was opened with; open the network again '
                "with this stream's handle"
            )
        self._bind_inputs(inputs)
        for name, array in outputs.items():
            self._binding.bind_output(
                name, 'cuda', self._device, array.dtype, array.shape, array.pointer
            )
        self._run_bound()

    def release(self) -> None:
        """Drop the session and its memory."""
        del self._binding
        super().release()

    def _bind_inputs(self, inputs: Mapping[str, Any]) -> None:
        self._binding.clear_binding_inputs()
        self._binding.clear_binding_outputs()
        for name, array in inputs.items():
            if hasattr(array, 'pointer'):
                self._binding.bind_input(
                    name, 'cuda', self._device, array.dtype, array.shape, array.pointer
                )
            else:
                self._binding.bind_cpu_input(name, array)

    def _run_bound(self) -> None:
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise BackendError(f'ONNX Runtime failed: {first_line(error)}') from error


def provider_options(name: str, config: InferConfig, stream: int) -> dict[str, str]:
    """Return the settings of a provider; all of them are texts."""
    if name == 'onnxruntime':
        return {}
    options = {'device_id': str(config.device)}
    cache = str(_cache())
    if stream:
        options['user_compute_stream'] = str(stream)
    if name == 'onnxruntime-tensorrt':
        half = config.precision == 'fp16' or (not config.precision and config.enable_fp16)
        options['trt_fp16_enable'] = str(half)
        options['trt_bf16_enable'] = str(config.precision == 'bf16')
        options['trt_engine_cache_enable'] = 'True'
        options['trt_engine_cache_path'] = cache
        options['trt_timing_cache_enable'] = 'True'
        options['trt_timing_cache_path'] = cache
        if config.max_workspace_size:
            options['trt_max_workspace_size'] = str(config.max_workspace_size)
        if config.dla_core >= 0:
            options |= {'trt_dla_enable': 'True', 'trt_dla_core': str(config.dla_core)}
    if name == 'onnxruntime-tensorrt-rtx':
        options['nv_runtime_cache_path'] = cache
        if config.max_workspace_size:
            options['nv_max_workspace_size'] = str(config.max_workspace_size)
    return options


def _cache() -> Path:
    return cache_folder() / 'onnxruntime'
