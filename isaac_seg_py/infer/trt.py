"""TensorRT and TensorRT-RTX: a network on an NVIDIA GPU, chained through pinned memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
import logging
import math
from pathlib import Path
import threading
from typing import Any, Final

import numpy as np

from .base import Arrays, Backend
from .engine_options import EngineOptions
from .plan_file import PLAN_SUFFIXES, PlanFile
from .trt_context import Shape, TrtContext
from .trt_engine import find_or_build, for_gpu
from .trt_library import open_library, TrtLibrary
from .trt_mirrors import RecentMirrors
from .trt_progress import OnProgress
from .trt_session import TrtSession
from ..cuda import Device, DeviceArray, DeviceBuffer, open_device, Stream
from ..errors import BackendUnavailable, ModelError
from ..tensors import AnyArray

_LOG: Final = logging.getLogger(__name__)
_HOST: Final = 'run'


class TensorRtBackend(Backend):
    """
    A network run by TensorRT 10, TensorRT 11 or TensorRT-RTX.

    `run` takes arrays of the host or of the device and gives arrays in page-locked memory;
    `enqueue` puts the network on a stream among arrays of the device, and waits for nothing.
    """

    takes_device_arrays = True

    def __init__(
        self,
        model: Path,
        options: EngineOptions | None = None,
        library: TrtLibrary | str = 'tensorrt',
        device: Device | None = None,
        *,
        outputs: Sequence[str] = (),
        plan: Path | None = None,
        rebuild: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        """
        Load a plan, or an ONNX file by way of a plan.

        `outputs` names those to hand on, in order, all where it is empty. `plan` is a file of the
        user's choice instead of one in the cache. `rebuild` builds even where there is a plan.
        """
        self._lock = threading.Lock()
        self._library = open_library(library) if isinstance(library, str) else library
        self.name = self._library.name
        self._device = device if device is not None else _open_device(self.name)
        self._own_device = self._device if device is None else None
        self._options = options or EngineOptions()
        if not model.is_file():
            raise ModelError(
                f'model file {str(model)!r} does not exist; give the path of an ONNX file or '
                'a plan'
            )
        if model.suffix in PLAN_SUFFIXES:
            file = PlanFile(model)
            self._session = self._load(file.read(), file, f'plan {str(model)!r}')
        else:
            self._session = self._from_onnx(
                model, plan=plan, rebuild=rebuild, on_progress=on_progress, cancel=cancel
            )
        self.inputs = self._session.inputs
        every = {spec.name: spec for spec in self._session.outputs}
        missing = [name for name in outputs if name not in every]
        if missing:
            self._session.close()
            raise ModelError(
                f'the model has no output {", ".join(missing)}; it has {", ".join(every)}. '
                'Correct output_binding_names or the output name of the manifest'
            )
        self.outputs = tuple(every[name] for name in outputs or every)
        self._unwanted = tuple(spec for name, spec in every.items() if spec not in self.outputs)
        self._stream: Stream = self._device.stream()
        # Loading is over when there is room to work.
        self._unused: TrtContext | None = self._session.context()
        self._contexts: dict[object, TrtContext] = {}
        self._staged, self._results = RecentMirrors(self._device), RecentMirrors(self._device)
        self._spare: dict[object, dict[str, DeviceBuffer]] = {}

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network on checked arrays, one for each input; wait for the results."""
        with self._lock:
            context, shapes = self._ready_for(self._stream, inputs, _HOST)
            pointers = {name: self._fetched(name, array) for name, array in inputs.items()}
            results = {
                spec.name: self._results.free(spec.name, shapes[spec.name], spec.dtype)
                for spec in self.outputs
            }
            pointers.update((name, mirror.pointer) for name, mirror in results.items())
            context.enqueue(self._stream, {**pointers, **self._spared(_HOST)})
            for mirror in results.values():
                mirror.bring(self._stream)
            self._stream.synchronize()
            return {name: mirror.array for name, mirror in results.items()}

    def output_shapes(self, inputs: Mapping[str, Shape], *, use: str = '') -> dict[str, Shape]:
        """Return the shape of each output for these shapes of the inputs, for `enqueue`."""
        with self._lock:
            context = self._context(use or tuple(inputs[spec.name] for spec in self.inputs))
            shapes = context.output_shapes(self._stream, inputs)
            return {spec.name: shapes[spec.name] for spec in self.outputs}

    def enqueue(
        self,
        stream: Stream,
        inputs: Mapping[str, DeviceArray],
        outputs: Mapping[str, DeviceArray],
        *,
        use: str = '',
    ) -> None:
        """
        Read the inputs and write the outputs on a stream; shapes are those of the arrays.

        To be captured, these shapes must have run once before: the first time may allocate and
        wait. Each set of shapes keeps a context of its own, and so a graph of it stays good.
        Where shapes come in many sizes, a `use` has one context for all, and is not captured.
        """
        with self._lock:
            arrays = {**inputs, **outputs}
            key = use or tuple(inputs[spec.name].shape for spec in self.inputs)
            context, _ = self._ready_for(stream, inputs, key)
            pointers = {name: array.pointer for name, array in arrays.items()}
            context.enqueue(stream, {**pointers, **self._spared(key)})

    def release(self) -> None:
        """Give engine and memory back."""
        with self._lock:
            self._stream.synchronize()
            self._session.close()
            spare = chain.from_iterable(of.values() for of in self._spare.values())
            for held in (self._staged, self._results, *spare, self._stream):
                held.close()
            if self._own_device is not None:
                self._own_device.close()

    def _context(self, use: object) -> TrtContext:
        """Return the context for a use: `run`, or the shapes of an `enqueue`."""
        if use not in self._contexts:
            self._contexts[use] = self._unused or self._session.context()
            self._unused = None
        return self._contexts[use]

    def _ready_for(
        self, stream: Stream, inputs: Mapping[str, AnyArray], use: object
    ) -> tuple[TrtContext, dict[str, Shape]]:
        """Set a context to the shapes of the inputs, and have room for what nobody wants."""
        context = self._context(use)
        given = {name: array.shape for name, array in inputs.items()}
        shapes = context.output_shapes(stream, given)
        # Of each context its own: a captured graph goes on writing to it.
        spare = self._spare.setdefault(use, {})
        for spec in self._unwanted:
            # The library writes every output, wanted or not.
            need = max(1, math.prod(shapes[spec.name]) * spec.dtype.itemsize)
            if spec.name not in spare or spare[spec.name].nbytes < need:
                spare[spec.name] = self._device.allocate(need)
        return context, shapes

    def _spared(self, use: object) -> dict[str, int]:
        return {name: buffer.pointer for name, buffer in self._spare[use].items()}

    def _fetched(self, name: str, array: Any) -> int:
        """Bring an input to the device, unless it is there; return its address."""
        if not isinstance(array, np.ndarray):
            if array.ready is not None:
                self._stream.wait(array.ready)
            return int(array.pointer)
        mirror = self._staged.free(name, array.shape, array.dtype)
        np.copyto(mirror.array, array)
        mirror.send(self._stream)
        return mirror.pointer

    def _from_onnx(self, model: Path, *, rebuild: bool, **how: Any) -> TrtSession:
        device, library = self._device, self._library
        options, gpu = for_gpu(self._options, library, device.name, device.compute_capability)
        with device.current():
            found = find_or_build(model, options, library, gpu=gpu, rebuild=rebuild, **how)
        if found.problem:
            _LOG.error('%s. The engine runs, and is built again next time', found.problem)
        try:
            return self._load(found.plan, found.file, f'the engine of {model.name}')
        except ModelError as error:
            if found.was_built:
                raise
            _LOG.warning('%s; it is built again', str(error).partition('. ')[0])
        with device.current():
            found = find_or_build(model, options, library, gpu=gpu, rebuild=True, **how)
        return self._load(found.plan, found.file, f'the engine of {model.name}')

    def _load(self, plan: bytes, file: PlanFile, called: str) -> TrtSession:
        self._library.load_plugins(self._options.plugin_libraries)
        return TrtSession(
            plan,
            self._library,
            self._device,
            called=called,
            runtime_cache=file.runtime_cache_path,
            host_code=self._options.version_compatible,
        )


def _open_device(name: str) -> Device:
    try:
        return open_device()
    except BackendUnavailable as error:
        raise BackendUnavailable(
            f'{name} needs an NVIDIA GPU: {error}. The backend onnxruntime runs without'
        ) from error
