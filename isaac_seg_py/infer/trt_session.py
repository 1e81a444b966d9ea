"""A TensorRT engine on a device: its tensors, its contexts, and what was compiled for the GPU."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final, TYPE_CHECKING

import numpy as np

from .plan_file import read_trusted, replace_files
from .trt_context import TrtContext
from .trt_library import TrtLibrary
from ..closing import Closing
from ..errors import BackendError, ModelError
from ..tensors import TensorSpec

if TYPE_CHECKING:
    from ..cuda import Device

_LOG: Final = logging.getLogger(__name__)
_DTYPES: Final = {
    'FLOAT': 'float32', 'HALF': 'float16', 'INT8': 'int8', 'UINT8': 'uint8', 'BOOL': 'bool',
    'INT32': 'int32', 'INT64': 'int64',
}  # fmt: skip


class TrtSession(Closing):
    """
    An engine on a device.

    `runtime_cache` is where TensorRT-RTX keeps what it compiled for this GPU; it is read at the
    begin and written when something was added.
    """

    def __init__(
        self,
        plan: bytes,
        library: TrtLibrary,
        device: Device,
        *,
        called: str,
        runtime_cache: Path | None = None,
        host_code: bool = False,
    ) -> None:
        """Load a plan; raise ModelError where the library or this GPU does not take it."""
        self._library = library
        self._device = device
        self._called = called
        self._cache_path = runtime_cache if library.rtx else None
        self._cached = b''
        self._cache: Any = None
        self._contexts: list[TrtContext] = []
        self._closed = False
        trt = library.module
        with device.current(), library.log.listening() as heard:
            self._runtime = trt.Runtime(library.log.handle)
            if host_code:
                # A plan for several versions brings its own runtime, which is code.
                self._runtime.engine_host_code_allowed = True
            complaint = library.complaint(self._runtime, plan)
            engine = None if complaint else self._runtime.deserialize_cuda_engine(plan)
            if engine is None:
                raise ModelError(
                    f'{library.name} {library.version} on {device.name} cannot load {called}: '
                    f'{complaint or heard.reason()}. It may be damaged, or be made by another '
                    'version or for another GPU: build it here from the ONNX model'
                )
            self._engine = engine
            self.inputs, self.outputs = self._specs()

    def context(self) -> TrtContext:
        """Return a new context; raise BackendError where there is no memory for it."""
        with self._device.current(), self._library.log.listening() as heard:
            context = self._make_context()
            if context is None:
                free, _ = self._device.memory()
                need = int(getattr(self._engine, 'device_memory_size_v2', 0))
                raise BackendError(
                    f'{self._called} cannot start on {self._device.name}: {heard.reason()}. It '
                    f'needs {need / 1e6:.0f} MB beside its weights, and {free / 1e6:.0f} MB are '
                    'free: close other programs that use the GPU, or build it for smaller shapes'
                )
        made = TrtContext(
            self._engine, context, self.inputs, self.outputs, self._library, self._device,
            self._called,
        )  # fmt: skip
        self._contexts.append(made)
        self._store_cache()
        return made

    def close(self) -> None:
        """Give the engine's memory back; closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._store_cache()
        with self._device.current():
            # Each of them refers to the one after it.
            for context in self._contexts:
                context.drop()
            self._contexts.clear()
            self._cache = self._engine = self._runtime = None

    def _specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        trt, engine = self._library.module, self._engine
        sides: tuple[list[TensorSpec], list[TensorSpec]] = ([], [])
        for index in range(engine.num_io_tensors):
            name = engine.get_tensor_name(index)
            kind = engine.get_tensor_dtype(name).name
            if kind not in _DTYPES:
                raise ModelError(
                    f'tensor {name!r} of {self._called} is {kind}, which NumPy does not have; '
                    'build the engine from a model whose inputs and outputs are float32'
                )
            if (
                engine.get_tensor_format(name) != trt.TensorFormat.LINEAR
                or engine.get_tensor_location(name) != trt.TensorLocation.DEVICE
            ):
                raise ModelError(
                    f'tensor {name!r} of {self._called} is not a plain array on the GPU; build '
                    'the engine here from the ONNX model, or run it with the backend onnxruntime'
                )
            shape = tuple(None if dim < 0 else int(dim) for dim in engine.get_tensor_shape(name))
            is_output = engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT
            sides[is_output].append(TensorSpec(name, shape, np.dtype(_DTYPES[kind])))
        return tuple(sides[0]), tuple(sides[1])

    def _make_context(self) -> Any:
        if not self._library.rtx:
            return self._engine.create_execution_context()
        config = self._engine.create_runtime_config()
        if self._cache is None:
            self._cache = config.create_runtime_cache()
            self._load_cache()
        config.set_runtime_cache(self._cache)
        return self._engine.create_execution_context(config)

    def _load_cache(self) -> None:
        if self._cache_path is None or not self._cache_path.is_file():
            return
        try:
            blob = read_trusted(self._cache_path)
            # What another GPU or driver left is refused by the library, and replaced later.
            self._cached = blob if self._cache.deserialize(blob) else b''
        except (BackendError, OSError) as error:
            _LOG.warning('%s is not used: %s', self._cache_path.name, error)

    def _store_cache(self) -> None:
        """Keep what the library compiled for this GPU, so that the next start is quick."""
        if self._cache_path is None or self._cache is None:
            return
        with self._device.current():
            memory = self._cache.serialize()
        blob = bytes(memory) if memory is not None else b''
        if blob and blob != self._cached:
            try:
                replace_files({self._cache_path: blob})
                self._cached = blob
            except BackendError as error:
                _LOG.warning('%s', error)
